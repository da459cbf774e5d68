"""In which stretches of time spans are looked for, so that the first page is quick whatever is rare or common.

What is common is found at once by walking along the primary key: the first stretch has WALKED spans and no more.
What is not, is rare, and then an index finds it: day by day, and two, four, eight days at once as long as that is
quick. Each stretch is a statement of its own, of which Postgres sees only the partitions that it needs.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from telemetry.models import Span
from telemetry.search.query import Window

WALKED = 10_000
DAY = timedelta(days=1)
# A stretch that took longer than this is not followed by a longer one.
QUICK_S = 0.1


@dataclass(frozen=True, slots=True)
class Stretch:
    """From *start* to *end*, without it; ``is_walk``: few enough spans to read them all."""

    start: datetime
    end: datetime
    is_walk: bool


def stretches(
    window: Window, *, backwards: bool = True, clock: Callable[[], float] = time.monotonic
) -> Iterator[Stretch]:
    """The stretches of *window*, the newest first, or with *backwards* false the oldest."""
    start, end = window
    edge = _edge(window, backwards)
    if edge is None:
        yield Stretch(start, end, True)
        return
    yield Stretch(edge, end, True) if backwards else Stretch(start, edge, True)
    days, at = 1, edge
    while start < at if backwards else at < end:
        reached = _step(at, days, backwards)
        reached = max(reached, start) if backwards else min(reached, end)
        began = clock()
        yield Stretch(reached, at, False) if backwards else Stretch(at, reached, False)
        days = days * 2 if clock() - began < QUICK_S else 1
        at = reached


def _edge(window: Window, backwards: bool) -> datetime | None:
    """Where the first WALKED spans of *window* end; None if there are no more than those."""
    order = "-start_time" if backwards else "start_time"
    found = Span.objects.started_between(*window).order_by(order).values_list("start_time", flat=True)
    return next(iter(found[WALKED : WALKED + 1]), None)


def _step(at: datetime, days: int, backwards: bool) -> datetime:
    """*days* midnights further than *at*."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if backwards:
        return midnight - DAY * (days - 1 if midnight < at else days)
    return midnight + DAY * days
