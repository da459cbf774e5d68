"""What stands around every page: the navigation and the period switch."""

from typing import Any

from dashboard import periods
from dashboard.selection import Selection

NAVIGATION = (
    ("overview", "Overview"),
    ("traces", "Traces"),
    ("errors", "Errors"),
    ("costs", "Costs"),
    ("incidents", "Incidents"),
    ("jobs", "Jobs"),
    ("exports", "Exports"),
    ("system", "System"),
)


def chrome(page: str, selection: Selection | None = None) -> dict[str, Any]:
    """The context that ``base.html`` wants; with a *selection* there is a period switch that keeps the filters."""
    switch = [
        {"label": period.label, "query": selection.at(period).query(), "current": period == selection.period}
        for period in periods.PERIODS.values()
        if selection is not None
    ]
    return {"page": page, "navigation": NAVIGATION, "selection": selection, "periods": switch}
