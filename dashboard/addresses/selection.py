"""What a page shows of all there is: a period and filters, as they stand in its address. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from dashboard.addresses import periods, query_terms
from dashboard.addresses.periods import Period
from telemetry.counts.origins import Calls

MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """Equal selections show the same page, so one rendering serves all who watch it."""

    period: Period = periods.DEFAULT
    tool: str = ""
    provider: str = ""
    model: str = ""
    caller_role: str = ""
    calls_of: str = ""
    prompt: str = ""  # the one whose page it is: no filter

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """What *query* (a request's GET) asks for; unknown periods and keys fall back to the default."""
        return cls(
            periods.find(query.get("period")),
            **{name: query.get(name, "")[:MAX_LENGTH] for name in FILTERS},
            calls_of=calls_of(query),
            prompt=query.get("prompt", "")[:MAX_LENGTH],
        )

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set, by the name of the span's and rollup's column."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    @property
    def counted(self) -> dict[str, str]:
        """The filters, and whose calls are counted: for what reads rollups and spans of calls."""
        return {**self.filters, "calls": self.calls_of or Calls.COUNTED}

    def query(self, **more: str) -> str:
        """The query string of this selection with *more*; a blank value leaves the key out."""
        parts = {"period": self.period.key, **self.filters, CALLS: self.calls_of, "prompt": self.prompt, **more}
        return urlencode({name: value for name, value in parts.items() if value})

    def calls(self, **more: str) -> str:
        """The query string of the trace explorer for the calls behind a number; *more* are filters too."""
        named = {**self.filters, **more}
        wanted = [query_terms.term(KEYS.get(name, name), value) for name, value in named.items() if value]
        if self.calls_of != Calls.ALL:
            wanted.append(query_terms.term("origin", self.calls_of or Calls.COUNTED))
        return urlencode({"q": " ".join(["is:tool", *wanted]), "period": self.period.key})

    def without(self, name: str) -> Self:
        kept = {"period": self.period.key, CALLS: self.calls_of, "prompt": self.prompt}
        return type(self).from_query({**self.filters, **kept, name: ""})

    def at(self, period: Period) -> Self:
        return replace(self, period=period)


# What a filter is called in a search, where that is another name.
KEYS = {"caller_role": "role", "session_id": "session"}
FILTERS = ("tool", "provider", "model", "caller_role")
# Whose calls are counted, as an address says it; nothing: those that count (telemetry.counts.origins).
CALLS = "calls"
CHOICES = {"": "what counts", Calls.OWN: "our own", Calls.REPORTED: "reported", Calls.ALL: "all"}


def calls_of(query: Mapping[str, str]) -> str:
    """Whose calls *query* asks for; what it does not know falls back to those that count."""
    asked = query.get(CALLS, "")
    return asked if asked in CHOICES else ""
