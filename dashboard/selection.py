"""What a page shows of all there is: a period and filters, as they stand in its address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from dashboard import periods, terms
from dashboard.periods import Period

MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """Equal selections show the same page, so one rendering serves all who watch it."""

    period: Period = periods.DEFAULT
    tool: str = ""
    provider: str = ""
    model: str = ""
    caller_role: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """What *query* (a request's GET) asks for; unknown periods and keys fall back to the default."""
        return cls(
            periods.find(query.get("period")), **{name: query.get(name, "")[:MAX_LENGTH] for name in FILTERS}
        )

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set, by the name of the span's and rollup's column."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    def query(self, **more: str) -> str:
        """The query string of this selection with *more*; a blank value leaves the key out."""
        parts = {"period": self.period.key, **self.filters, **more}
        return urlencode({name: value for name, value in parts.items() if value})

    def calls(self, **more: str) -> str:
        """The query string of the trace explorer for the calls behind a number; *more* are filters too."""
        named = {**self.filters, **more}
        wanted = [terms.term(KEYS.get(name, name), value) for name, value in named.items() if value]
        return urlencode({"q": " ".join(["is:tool", *wanted]), "period": self.period.key})

    def without(self, name: str) -> Self:
        return type(self).from_query({**self.filters, "period": self.period.key, name: ""})

    def at(self, period: Period) -> Self:
        return replace(self, period=period)


# What a filter is called in a search, where that is another name.
KEYS = {"caller_role": "role", "session_id": "session"}
FILTERS = ("tool", "provider", "model", "caller_role")
