"""One page of the spans that a query finds, newest first, and the way to the pages beside it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value

from telemetry.models import Span
from telemetry.models.spans import SpanQuerySet
from telemetry.search import compiling
from telemetry.search.errors import SearchError
from telemetry.search.guard import Budget, guarded
from telemetry.search.query import Query, Window
from telemetry.search.walking import Stretch, stretches
from telemetry.spans.rows import EPOCH

MAX_COUNT = 1_000
TICK = timedelta(microseconds=1)
FIRST_ID = -(1 << 63)
# Sorted by what no index has: the plan is then the one that finds all of a stretch soonest. Sorted by the key
# itself, Postgres would hope to meet the first ones early on a walk along it.
_UNINDEXED = ExpressionWrapper(F("start_time") + Value(timedelta(0)), output_field=DateTimeField())


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two spans: beside the one of this key, towards ``older`` or newer ones."""

    older: bool
    start_time: datetime
    trace_id: uuid.UUID
    span_id: int

    def __str__(self) -> str:
        micros = (self.start_time - EPOCH) // TICK
        return f"{'o' if self.older else 'n'}.{micros}.{self.trace_id.hex}.{self.span_id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor of *text*. Raises SearchError."""
        try:
            direction, micros, trace_id, span_id = text.split(".")
            cursor = cls(direction == "o", EPOCH + int(micros) * TICK, uuid.UUID(hex=trace_id), int(span_id))
        except (ValueError, OverflowError):
            cursor = None
        if cursor is None or str(cursor) != text or not -(1 << 63) <= cursor.span_id < 1 << 63:
            raise SearchError("This address of a page is broken: begin again at the first page.")
        return cursor

    @classmethod
    def beside(cls, span: Span, older: bool) -> "Cursor":
        return cls(older, span.start_time, span.trace_id, span.span_id)

    @property
    def condition(self) -> Q:
        key = (self.start_time, self.trace_id, self.span_id)
        return Q(pk__lt=key) if self.older else Q(pk__gt=key)

    def narrowed(self, window: Window) -> Window:
        start, end = window
        return (start, min(end, self.start_time + TICK)) if self.older else (max(start, self.start_time), end)


@dataclass(frozen=True, slots=True)
class Page:
    """Spans with their series, newest first, without attributes, events and links.

    ``next_cursor`` leads to older spans, ``previous_cursor`` to newer ones; None: there are none. ``truncated``:
    the time was up before the page was full; spans were looked at up to ``searched_to``, from where the cursor
    goes on.
    """

    spans: list[Span]
    next_cursor: str | None
    previous_cursor: str | None
    took_ms: float
    truncated: bool = False
    searched_to: datetime | None = None


def page(
    query: Query,
    window: Window,
    cursor: str | None,
    count: int,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Page:
    """The *count* spans of *query* in *window* that follow the *cursor*; None: the newest.

    Raises SearchError for a cursor that is none, and SearchTooExpensive.
    """
    began = clock()
    at = Cursor.parse(cursor) if cursor else None
    count = min(max(count, 1), MAX_COUNT)
    with guarded(clock=clock) as budget:
        spans, reached = _found(query, window, at, count + 1, budget)
    older = at is None or at.older
    ahead = behind = None
    shown = spans[:count]
    if len(spans) > count:
        ahead = Cursor.beside(shown[-1], older)
    elif reached:
        ahead = Cursor(older, reached, uuid.UUID(int=0), FIRST_ID)
    if at:
        behind = Cursor.beside(shown[0], not older) if shown else replace(at, older=not older)
    following, previous = (ahead, behind) if older else (behind, ahead)
    return Page(
        spans=shown if older else shown[::-1],
        next_cursor=str(following) if following else None,
        previous_cursor=str(previous) if previous else None,
        took_ms=(clock() - began) * 1000,
        truncated=reached is not None,
        searched_to=reached,
    )


def _found(
    query: Query, window: Window, at: Cursor | None, wanted: int, budget: Budget
) -> tuple[list[Span], datetime | None]:
    """The next *wanted* spans, and where the search was when its time was up, if it was."""
    older = at is None or at.older
    rows = Span.objects.in_brief().filter(compiling.prepared(compiling.plan(query.root)))
    if at:
        rows, window = rows.filter(at.condition), at.narrowed(window)
    found: list[Span] = []
    for stretch in stretches(window, backwards=older, clock=budget.clock):
        found += _ordered(rows, stretch, older)[: wanted - len(found)]
        is_last = stretch.start <= window[0] if older else stretch.end >= window[1]
        if len(found) >= wanted or is_last:
            break
        if budget.is_spent:
            return found, stretch.start if older else stretch.end
    return found, None


def _ordered(rows: SpanQuerySet, stretch: Stretch, older: bool) -> SpanQuerySet:
    first = F("start_time") if stretch.is_walk else _UNINDEXED
    keys = [first, F("trace_id"), F("span_id")]
    within = rows.started_between(stretch.start, stretch.end)
    return within.order_by(*(key.desc() if older else key.asc() for key in keys))
