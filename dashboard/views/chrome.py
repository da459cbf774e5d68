"""What stands around every page: the navigation and the period switch."""

from typing import Any

from dashboard import periods
from dashboard.selection import Selection
from dashboard.views.access import EXPORT, SEE_CALLS, SEE_INCIDENTS, SEE_JOBS

# Name of the address, title, and the permission that the page asks for.
NAVIGATION = (
    ("overview", "Overview", SEE_CALLS),
    ("traces", "Traces", SEE_CALLS),
    ("errors", "Errors", SEE_CALLS),
    ("costs", "Costs", SEE_CALLS),
    ("incidents", "Incidents", SEE_INCIDENTS),
    ("jobs", "Jobs", SEE_JOBS),
    ("exports", "Exports", EXPORT),
    ("system", "System", SEE_CALLS),
)


def chrome(page: str, selection: Selection | None = None) -> dict[str, Any]:
    """The context that ``base.html`` wants; with a *selection* there is a period switch that keeps the filters."""
    switch = [
        {"label": period.label, "query": selection.at(period).query(), "current": period == selection.period}
        for period in periods.PERIODS.values()
        if selection is not None
    ]
    return {"page": page, "navigation": NAVIGATION, "selection": selection, "periods": switch}
