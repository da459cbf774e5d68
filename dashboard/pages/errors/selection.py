"""What a page of errors shows of all there are, as it stands in its address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from dashboard.addresses import periods
from dashboard.addresses.periods import Window
from dashboard.addresses.selection import CALLS, FILTERS, MAX_LENGTH, Selection, calls_of

DEFAULT_PERIOD = "24h"
# Errors are counted by minute and by hour: what each period is read from, and the width of its bars in seconds.
STEPS = {"15m": (60, 60), "90m": (60, 120), "24h": (60, 1800), "7d": (3600, 3 * 3600), "30d": (3600, 12 * 3600)}
SORTS = {"last": "last seen", "count": "most in the period", "first": "newest group"}
STATES = ("open", "resolved", "ignored", "any")


@dataclass(frozen=True, slots=True)
class ErrorSelection(Selection):
    """A selection with a state, a layer and an order."""

    layer: str = ""
    state: str = STATES[0]
    sort: str = "last"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """What *query* (a request's GET) asks for; what it does not know falls back to the default."""
        state, sort = query.get("state", ""), query.get("sort", "")
        return cls(
            periods.find(query.get("period") or DEFAULT_PERIOD),
            **{name: query.get(name, "")[:MAX_LENGTH] for name in FILTERS},
            calls_of=calls_of(query),
            layer=query.get("layer", "")[:MAX_LENGTH],
            state=state if state in STATES else STATES[0],
            sort=sort if sort in SORTS else "last",
        )

    def query(self, **more: str) -> str:
        """The query string of this selection with *more*; a blank value leaves the key out."""
        parts = {
            "period": self.period.key,
            **self.filters,
            CALLS: self.calls_of,
            "layer": self.layer,
            "state": "" if self.state == STATES[0] else self.state,
            "sort": "" if self.sort == "last" else self.sort,
            **more,
        }
        return urlencode({name: value for name, value in parts.items() if value})

    def window(self, now: datetime) -> Window:
        """The period up to *now*, in the steps by which errors are counted."""
        resolution_s, bin_s = STEPS[self.period.key]
        return replace(self.period, resolution_s=resolution_s, bin_s=bin_s).window(now)
