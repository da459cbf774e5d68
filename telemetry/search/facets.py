"""What the spans that a query finds have in common: the values of each key, counted."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from django.db.models import Sum

from telemetry.models import Series, Span
from telemetry.search import compiling, summed
from telemetry.search.guard import Budget, guarded
from telemetry.search.plans import Plan
from telemetry.search.query import Query, Window
from telemetry.search.summed import Asked
from telemetry.search.walking import stretches
from telemetry.spans.rows import STATUS_ERROR

MAX_VALUES = 20
# The keys that have facets, in the order in which they are shown, and the column of the series where it is one.
COLUMNS = {
    "tool": "tool",
    "provider": "provider",
    "model": "model",
    "outcome": "",
    "role": "caller_role",
    "service": "service",
    "agent": "agent",
    "operation": "operation",
    "key": "api_key",
    "prompt": "prompt_version",
    "status": "",
}
WORDS = {key: column for key, column in COLUMNS.items() if column}
ERROR, FINE = "error", "fine"  # values of the key status


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, the number of matches that have it, and their share of all matches."""

    value: str
    count: int
    share: float


class Facets(dict[str, list[FacetValue]]):
    """For each key its commonest values, the commonest first; at most MAX_VALUES.

    ``beyond``: how many values of a key are not among them. ``total`` is the number of matches. ``since``: the
    time was up, and only spans from then on are counted; None: all are. ``minutes``: counted in whole minutes, so
    that those at the edges of the period may count a few more.
    """

    beyond: Mapping[str, int] = MappingProxyType({})
    total: int = 0
    since: datetime | None = None
    minutes: bool = False


@dataclass(slots=True)
class Tallied:
    """Matches by series, by outcome and by status."""

    series: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)


def facets(
    query: Query, window: Window, *, now: datetime | None = None, clock: Callable[[], float] = time.monotonic
) -> Facets:
    """The facets of *query* in *window*. Rollups answer questions about series and outcomes.

    Of what is asked for by its outcome, rollups do not know the status: that facet has no values then.
    Raises SearchTooExpensive.
    """
    tallied, since = Tallied(), None
    with guarded(clock=clock) as budget:
        plan = compiling.plan(query.root)
        if asked := summed.asked(plan):
            _add_rollups(tallied, asked, window, now or datetime.now(UTC))
        else:
            since = _add_spans(tallied, plan, window, budget)
        found = _folded(tallied)
    found.since, found.minutes = since, asked is not None
    return found


def _add_rollups(tallied: Tallied, asked: Asked, window: Window, now: datetime) -> None:
    rolled, _ = summed.to_the_minute(window, now)
    for row in summed.sums(rolled.filter(asked.rows), "series_id"):
        counts = asked.counts(row)
        tallied.series[row["series_id"]] += sum(counts.values())
        tallied.outcomes.update(counts)
        if asked.is_every_outcome:
            tallied.statuses.update({ERROR: row["sum_errors"], FINE: row["sum_spans"] - row["sum_errors"]})


def _add_spans(tallied: Tallied, plan: Plan, window: Window, budget: Budget) -> datetime | None:
    """Count the spans of *plan*, the newest first; returns since when, if the time was up before the end."""
    matching = compiling.prepared(plan)
    for stretch in stretches(window, clock=budget.clock):
        rows = Span.objects.started_between(stretch.start, stretch.end).filter(matching).order_by()
        groups = rows.values_list("series_id", "outcome", "status")
        for series_id, outcome, status, count in groups.annotate(count=Sum("weight")):
            tallied.series[series_id] += count
            tallied.outcomes[outcome] += count
            tallied.statuses[ERROR if status == STATUS_ERROR else FINE] += count
        if budget.is_spent and stretch.start > window[0]:
            return stretch.start
    return None


def _folded(tallied: Tallied) -> Facets:
    counts: dict[str, Counter[str]] = {key: Counter() for key in COLUMNS}
    words = Series.objects.filter(id__in=[id for id, count in tallied.series.items() if count])
    for series_id, *values in words.values_list("id", *WORDS.values()):
        for key, value in zip(WORDS, values, strict=True):
            counts[key][value] += tallied.series[series_id]
    counts["outcome"], counts["status"] = tallied.outcomes, tallied.statuses
    found = Facets()
    found.total = tallied.series.total()
    beyond = {}
    for key, values in counts.items():
        commonest = sorted(((-count, value) for value, count in values.items() if value and count))
        beyond[key] = max(0, len(commonest) - MAX_VALUES)
        found[key] = [FacetValue(value, -count, -count / found.total) for count, value in commonest[:MAX_VALUES]]
    found.beyond = beyond
    return found
