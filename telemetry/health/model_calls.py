"""Model calls by the deployment that was asked, from their spans: the newest of a day, so many at most.

No column and no rollup has the deployment, which is an attribute of our own `chat` spans. So they are found by the
words that series have, provider and model, within a day's partitions, and never more than MOST are read.
"""

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple, Self

from django.db import Error

from telemetry.database.replica import reader
from telemetry.search.errors import SearchTooExpensive
from telemetry.search.guard import guarded
from telemetry.semconv import DEPLOYMENT, OPERATION_CHAT, ROUTE_REASON, TIME_TO_FIRST_CHUNK, Origin
from telemetry.values.proportions import wilson

logger = logging.getLogger(__name__)
LOOKBACK = timedelta(hours=24)
# "Now": what is compared with the hours before it.
LATELY = timedelta(minutes=15)
MOST, MOST_MS = 5_000, 2_000
Model = tuple[str, str]  # provider and model, as deployments name them

_SAID = ", ".join(
    f"coalesce(s.attributes ->> '{name}', a.attributes ->> '{name}')"
    for name in (DEPLOYMENT, TIME_TO_FIRST_CHUNK, ROUTE_REASON)
)
SERIES = f"""
SELECT id FROM telemetry_series
JOIN unnest(%(providers)s::text[], %(models)s::text[]) AS asked (provider, model) USING (provider, model)
WHERE operation = '{OPERATION_CHAT}' AND origin = '{Origin.OWN}'"""
# With the series as numbers: so Postgres knows how common they are, and takes their index or the newest spans.
NEWEST = f"""
SELECT start_time, duration_ms, CASE WHEN status = 2 THEN coalesce(nullif(error_type, ''), 'error') ELSE '' END,
    weight, {_SAID}
FROM (
    SELECT start_time, duration_ms, status, error_type, weight, attributes, attribute_set_id FROM telemetry_span
    WHERE start_time >= %(start)s AND start_time <= %(end)s AND series_id = ANY (%(series)s)
    ORDER BY start_time DESC LIMIT %(most)s
) s LEFT JOIN telemetry_attribute_set a ON a.id = s.attribute_set_id
ORDER BY start_time DESC"""


class ModelCall(NamedTuple):
    """One `chat` span. ``weight``: for how many it stands; ``first_ms``: to its first token, None if not streamed.

    ``error``: the kind of its failure, '' for one that was answered.

    ``reason``: why the deployment before was not it, "name: rate_limit"; '' for the first that was asked.
    """

    started: datetime
    duration_ms: float
    error: str
    weight: int
    deployment: str
    first_ms: float | None = None
    reason: str = ""

    @property
    def instead_of(self) -> str:
        """The deployment that it was asked in the place of; '' for none, and for one asked a second time."""
        before = self.reason.partition(":")[0]
        return before if before != self.deployment else ""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long *count* took, in milliseconds; None without any."""

    count: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None

    @classmethod
    def of(cls, weighed: Iterable[tuple[float, int]]) -> Self:
        """Of durations, each with the number of calls that it stands for."""
        pairs = sorted(weighed)
        reached = list(accumulate(weight for _, weight in pairs))
        if not reached:
            return cls()
        p50, p95 = (pairs[bisect_left(reached, share * reached[-1])][0] for share in (0.50, 0.95))
        return cls(reached[-1], p50, p95)


@dataclass(frozen=True, slots=True)
class Figures:
    """What calls of one deployment came to. Latencies are of those that were answered."""

    calls: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)  # by their kind, the commonest first
    first: Latency = Latency()
    whole: Latency = Latency()
    fallbacks_in: int = 0
    fallbacks_out: int = 0

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    def failed_by(self, kinds: Collection[str]) -> tuple[int, float]:
        """How many failed by one of *kinds*, and the least share that they are: where the 95 % interval begins."""
        failed = sum(number for kind, number in self.errors.items() if kind in kinds)
        return failed, wilson(failed, self.calls)[0]


NO_CALLS = Figures()


@dataclass(frozen=True, slots=True)
class Lately:
    """A deployment's calls of the last 15 minutes, and those of the day before them."""

    now: Figures = NO_CALLS
    before: Figures = NO_CALLS


@dataclass(frozen=True, slots=True)
class Newest:
    """Calls, newest first. ``since``: all calls from then on are among them; ``cut``: there were older ones."""

    calls: Sequence[ModelCall]
    since: datetime
    cut: bool = False

    def figures(self, start: datetime) -> Mapping[str, Figures]:
        """By deployment, of the calls that began at or after *start*."""
        return figures_of(self.calls, lambda call: call.started >= start)

    def lately(self, now: datetime) -> Mapping[str, Lately]:
        """By deployment, at *now*."""
        border = now - LATELY
        new = figures_of(self.calls, lambda call: call.started >= border)
        old = figures_of(self.calls, lambda call: call.started < border)
        return {name: Lately(new.get(name, NO_CALLS), old.get(name, NO_CALLS)) for name in {*new, *old}}


def newest(models: Collection[Model], now: datetime) -> Newest | None:
    """The newest calls of *models* within a day; None where reading them took too long. Two queries."""
    start = now - LOOKBACK
    if not models:
        return Newest((), start)
    providers, names = zip(*sorted(models), strict=True)
    try:
        with guarded(MOST_MS), reader().cursor() as cursor:
            cursor.execute(SERIES, {"providers": list(providers), "models": list(names)})
            series = [row[0] for row in cursor.fetchall()]
            cursor.execute(NEWEST, {"start": start, "end": now, "series": series, "most": MOST})
            rows = cursor.fetchall()
    except SearchTooExpensive:
        return None
    cut = len(rows) == MOST
    return Newest([_call(*row) for row in rows if row[4]], rows[-1][0] if cut else start, cut)


def lately(models: Collection[Model]) -> Mapping[str, Lately] | None:
    """By deployment, what its calls came to just now and before; None where that cannot be read now.

    ``settings.MODEL_CALLS`` names it.
    """
    now = datetime.now(UTC)
    try:
        found = newest(models, now)
    except Error:
        logger.warning("What models' calls came to could not be read.")
        return None
    return found.lately(now) if found else None


def figures_of(calls: Iterable[ModelCall], counts: Callable[[ModelCall], bool]) -> dict[str, Figures]:
    """By deployment, of those *calls* that count; also of one that others were asked instead of. Pure."""
    asked: dict[str, list[ModelCall]] = {}
    out: dict[str, int] = {}
    for call in filter(counts, calls):
        asked.setdefault(call.deployment, []).append(call)
        if call.instead_of:
            out[call.instead_of] = out.get(call.instead_of, 0) + call.weight
    return {name: _figures(asked.get(name, ()), out.get(name, 0)) for name in {*asked, *out}}


def _figures(calls: Sequence[ModelCall], out: int) -> Figures:
    answered = [call for call in calls if not call.error]
    errors: Counter[str] = Counter()
    for call in calls:
        if call.error:
            errors[call.error] += call.weight
    return Figures(
        calls=sum(call.weight for call in calls),
        errors=dict(errors.most_common()),
        first=Latency.of((call.first_ms, call.weight) for call in answered if call.first_ms is not None),
        whole=Latency.of((call.duration_ms, call.weight) for call in answered),
        fallbacks_in=sum(call.weight for call in calls if call.instead_of),
        fallbacks_out=out,
    )


def _call(
    started: datetime, ms: float, error: str, weight: int, deployment: str, first: str | None, reason: str | None
) -> ModelCall:
    return ModelCall(started, ms, error, weight, deployment, _milliseconds(first), reason or "")


def _milliseconds(seconds: str | None) -> float | None:
    try:
        return None if seconds is None else float(seconds) * 1000
    except ValueError:
        return None
