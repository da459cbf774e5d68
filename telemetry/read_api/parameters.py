"""From the parameters of an address to a query and a stretch of time. Pure."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from telemetry.read_api.errors import BadParameter, BadQuery, TooExpensive
from telemetry.search import Query, SearchError, SearchTooExpensive, Window, moments, parse

# What is read where nothing says since when.
LOOKBACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for, and when it began: *window* from its start to before its end."""

    query: Query
    window: Window

    @classmethod
    def of(cls, q: str, since: str, until: str, now: datetime) -> Self:
        """What the parameters say. A time in the query itself counts before ``since`` and ``until``.

        Raises BadQuery and BadParameter.
        """
        end = _moment("until", until, now) if until else now
        start = _moment("since", since, now) if since else end - LOOKBACK
        if start > end:
            raise BadParameter("since", "it is after until.", "swap the two")
        try:
            query = parse(q)
            return cls(query, query.within((start, end), now))
        except SearchError as error:
            raise BadQuery(error) from error


@contextmanager
def told() -> Iterator[None]:
    """Turns what a search may raise into what a reader is told."""
    try:
        yield
    except SearchError as error:
        # The query has been parsed: what is wrong now is the place to go on from.
        raise BadParameter("cursor", error.message, "take it from next_cursor of the answer before") from error
    except SearchTooExpensive as error:
        raise TooExpensive(str(error)) from error


def _moment(name: str, text: str, now: datetime) -> datetime:
    try:
        return moments.moment(text, now)
    except ValueError:
        raise BadParameter(name, f"{text[:80]!r} is no moment.", f"write {moments.EXAMPLES}") from None
