"""A parsed query: its tree, and the period that it asks for itself."""

from dataclasses import dataclass
from datetime import datetime

from telemetry.search import language, moments, tree
from telemetry.search.errors import SearchError
from telemetry.search.keys import TIMES
from telemetry.search.tree import And, Moment, Node, Term

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for. ``root`` is the condition on spans, ``times`` what the text says of the period."""

    text: str
    root: Node
    times: tuple[Term, ...] = ()

    def __str__(self) -> str:
        """The query written out: the same for all texts that mean the same."""
        return language.text_of(tree.all_of(self.root, *self.times))

    def window(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """From when, and before when, spans have to begin by the text at *now*; None: it does not say."""
        starts: list[datetime] = []
        ends: list[datetime] = []
        for term in self.times:
            text = term.test.text if isinstance(term.test, Moment) else ""
            try:
                start, end = moments.day(text, now) if term.key == "on" else (moments.moment(text, now),) * 2
            except ValueError as error:
                raise SearchError(f"{term.key}: {error}.", term.position, term.length) from error
            starts += [start] * (term.key != "until")
            ends += [end] * (term.key != "since")
        return max(starts, default=None), min(ends, default=None)

    def within(self, period: Window, now: datetime) -> Window:
        """The period to search: the text's, and the page's *period* where the text does not say."""
        start, end = self.window(now)
        if end is None:
            end = period[1] if start is None or start < period[1] else max(start, now)
        if start is None:
            start = period[0] if period[0] < end else end - (period[1] - period[0])
        return start, max(start, end)


def parse(text: str) -> Query:
    """The query of *text*; an empty one finds everything. Raises SearchError."""
    root = language.tree_of(text)
    parts = root.parts if isinstance(root, And) else (root,)
    times = tuple(part for part in parts if isinstance(part, Term) and part.key in TIMES)
    rest = tree.all_of(*(part for part in parts if part not in times))
    for term in tree.terms(rest):
        if term.key in TIMES:
            message = f"{term.key} is about the whole search: it cannot stand behind not, or beside or."
            raise SearchError(message, term.position, term.length)
    return Query(text, rest, times)
