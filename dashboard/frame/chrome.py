"""What stands around every page: the navigation, the period switch, and the filters that are set, as chips."""

from typing import Any

from dashboard.addresses import periods
from dashboard.addresses.selection import Selection
from dashboard.frame.access import (
    EXECUTE,
    EXPORT,
    SEE_CALLS,
    SEE_CHOICE,
    SEE_EXPERIMENTS,
    SEE_INCIDENTS,
    SEE_JOBS,
    SEE_PROMPTS,
)

# Name of the address, title, and the permission that the page asks for.
NAVIGATION = (
    ("overview", "Overview", SEE_CALLS),
    ("traces", "Traces", SEE_CALLS),
    ("errors", "Errors", SEE_CALLS),
    ("tools", "Tools", SEE_CALLS),
    ("providers", "Providers", SEE_CALLS),
    ("costs", "Costs", SEE_CALLS),
    ("prompts", "Prompts", SEE_PROMPTS),
    ("experiments", "Experiments", SEE_EXPERIMENTS),
    ("choice", "Choice", SEE_CHOICE),
    ("incidents", "Incidents", SEE_INCIDENTS),
    ("jobs", "Jobs", SEE_JOBS),
    ("exports", "Exports", EXPORT),
    ("playground", "Playground", EXECUTE),
    ("system", "System", SEE_CALLS),
)


def chips(selection: Selection) -> list[dict[str, str]]:
    """The filters that are set, each with the page without it."""
    return [
        {"name": name.replace("_", " "), "value": value, "query": selection.without(name).query()}
        for name, value in selection.filters.items()
    ]


def chrome(page: str, selection: Selection | None = None) -> dict[str, Any]:
    """The context that ``base.html`` wants; with a *selection* there is a period switch that keeps the filters."""
    switch = [
        {"label": period.label, "query": selection.at(period).query(), "current": period == selection.period}
        for period in periods.PERIODS.values()
        if selection is not None
    ]
    return {"page": page, "navigation": NAVIGATION, "selection": selection, "periods": switch}
