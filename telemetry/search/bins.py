"""Matches over time: how many spans a query finds in each step of a period."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import DateTimeField, DurationField, F, Func, Sum, Value

from telemetry.counts import resolutions
from telemetry.models import Span
from telemetry.search import compiling, summed
from telemetry.search.guard import Budget, guarded
from telemetry.search.plans import Plan
from telemetry.search.query import Query, Window
from telemetry.search.summed import Asked
from telemetry.search.walking import stretches
from telemetry.semconv import FAILED, REFUSED, SUCCEEDED
from telemetry.spans.rows import EPOCH

MAX_BINS = 500
# Steps that people read easily; each is a multiple of a step of rollups.
WIDTHS_S = (
    *(10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400),
    *(172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000),
)
GROUP_OF = {
    **{str(outcome): "succeeded" for outcome in SUCCEEDED},
    **{str(outcome): "failed" for outcome in FAILED},
    **{str(outcome): "refused" for outcome in REFUSED},
}


@dataclass(slots=True)
class Bin:
    """The matches of one step of time by how they ended; ``other`` are spans that are no tool calls."""

    start: datetime
    succeeded: int = 0
    failed: int = 0
    refused: int = 0
    other: int = 0


class Bins(list[Bin]):
    """The steps of a period without gaps, each ``width_s`` long, the first and the last one whole.

    ``since``: the time was up, and only spans from then on are counted; None: all are.
    """

    width_s: int = WIDTHS_S[0]
    since: datetime | None = None


def matches(
    query: Query,
    window: Window,
    bins: int,
    *,
    now: datetime | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Bins:
    """How many spans of *query* began in each of at most *bins* steps of *window*, and one at its edge.

    Rollups answer questions about series and outcomes. Raises SearchTooExpensive.
    """
    found = _empty(window, width_s(window, bins))
    if not found:
        return found
    whole = (found[0].start, found[-1].start + timedelta(seconds=found.width_s))
    resolution_s = next(step for step in (3600, 60, 10) if found.width_s % step == 0)
    with guarded(clock=clock) as budget:
        plan = compiling.plan(query.root)
        is_kept = whole[0] >= resolutions.floor(resolution_s, now or datetime.now(UTC))
        if is_kept and (asked := summed.asked(plan)):
            _add(found, _rolled(asked, resolution_s, whole, found.width_s))
        else:
            found.since = _add_spans(found, plan, whole, budget)
    return found


def width_s(window: Window, bins: int) -> int:
    """The shortest step by which *window* has at most *bins* steps, but for the one that its edges may add."""
    least_s = (window[1] - window[0]).total_seconds() / min(max(bins, 1), MAX_BINS)
    return next((width for width in WIDTHS_S if width >= least_s), WIDTHS_S[-1])


def _empty(window: Window, width: int) -> Bins:
    start, end = summed.floor(window[0], width), summed.ceiling(window[1], width)
    step = timedelta(seconds=width)
    found = Bins(Bin(start + step * at) for at in range((end - start) // step))
    found.width_s = width
    return found


def _add(found: Bins, counts: Iterable[tuple[datetime, str, int]]) -> None:
    step = timedelta(seconds=found.width_s)
    for start, outcome, count in counts:
        group = GROUP_OF.get(outcome, "other")
        each = found[(start - found[0].start) // step]
        setattr(each, group, getattr(each, group) + count)


def _rolled(asked: Asked, resolution_s: int, whole: Window, width: int) -> Iterator[tuple[datetime, str, int]]:
    rows = summed.at(resolution_s, whole).filter(asked.rows).annotate(start=_start("bucket", width))
    for row in summed.sums(rows, "start"):
        for outcome, count in asked.counts(row).items():
            yield row["start"], outcome, count


def _add_spans(found: Bins, plan: Plan, whole: Window, budget: Budget) -> datetime | None:
    """Count the spans of *plan*, the newest first; returns since when, if the time was up before the end."""
    matching = compiling.prepared(plan)
    for stretch in stretches(whole, clock=budget.clock):
        rows = Span.objects.started_between(stretch.start, stretch.end).filter(matching).order_by()
        steps = rows.annotate(start=_start("start_time", found.width_s)).values_list("start", "outcome")
        _add(found, steps.annotate(count=Sum("weight")))
        if budget.is_spent and stretch.start > whole[0]:
            return stretch.start
    return None


def _start(column: str, width: int) -> Func:
    """The start of the step in which the moment of *column* lies."""
    origin = Value(EPOCH, output_field=DateTimeField())
    step = Value(timedelta(seconds=width), output_field=DurationField())
    return Func(step, F(column), origin, function="date_bin", output_field=DateTimeField())
