"""Thinning of closed hours: what the rules do not keep is deleted, and what is kept says for how many it stands.

Everything is stored at first. An hour is thinned when it has been over for a while, trace by trace: by then a
trace is complete, and what went wrong at its end is known. Rollups are not touched: they were counted when the
spans came.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from telemetry.database import partitions
from telemetry.models import Rollup, Series
from telemetry.sampling.decisions import Fate, Matcher, Sentence, Trace, sentence
from telemetry.sampling.models import SamplingRule, ThinnedHour
from telemetry.sampling.removed import HOUR, LOCK_KEY, SETTLE, Key, hour_of, remember
from telemetry.semconv import OPERATION_EXECUTE_TOOL, SUCCEEDED

# A trace is looked at whole, as far as this to either side.
REACH = timedelta(days=1)
CHUNK_TRACES = 2_000
# A run ends after this; the next goes on where it stopped.
BUDGET_S = 240.0
# Of a tool with fewer calls a day nobody can say what is slow: all are kept.
FEW_CALLS = 100
SLOW_SHARE = 0.99

# As writers do: it keeps out who makes rollups anew, who has to see all spans of an hour or that it is thinned.
LOCK_ROLLUPS = "LOCK TABLE telemetry_rollup IN ROW EXCLUSIVE MODE"
# What a query over an hour's spans is bounded by; names the partition.
IN_HOUR = "s.start_time >= %(hour)s AND s.start_time < %(end)s"
TRACES = f"SELECT DISTINCT trace_id FROM telemetry_span s WHERE {IN_HOUR} AND weight = 1"
FACTS = """
SELECT s.trace_id, array_agg(DISTINCT s.series_id),
    bool_or(s.status = 2 OR s.outcome::text <> ALL (%(fine)s)),
    coalesce(bool_or(s.duration_ms > slow.ms), false), max(s.duration_ms)
FROM telemetry_span s
LEFT JOIN unnest(%(series)s::int[], %(slow_ms)s::float8[]) AS slow (series_id, ms)
    ON slow.series_id = s.series_id
WHERE s.trace_id = ANY (%(traces)s) AND s.start_time >= %(first)s AND s.start_time < %(last)s
GROUP BY s.trace_id"""
DELETE = f"""
DELETE FROM telemetry_span s WHERE {IN_HOUR} AND s.trace_id = ANY (%(deleted)s) AND s.weight = 1
RETURNING s.start_time, s.trace_id, s.span_id"""
DELETE_PAYLOADS = f"""
DELETE FROM telemetry_span_payload s
USING unnest(%(times)s::timestamptz[], %(ids)s::uuid[], %(spans)s::bigint[]) AS d (start_time, trace_id, span_id)
WHERE {IN_HOUR} AND s.start_time = d.start_time AND s.trace_id = d.trace_id AND s.span_id = d.span_id"""
STRIP = f"""
DELETE FROM telemetry_span_payload p USING telemetry_span s
WHERE {IN_HOUR} AND s.trace_id = ANY (%(stripped)s) AND p.start_time >= %(hour)s AND p.start_time < %(end)s
    AND p.start_time = s.start_time AND p.trace_id = s.trace_id AND p.span_id = s.span_id"""
WEIGH = f"""
UPDATE telemetry_span s SET weight = kept.weight
FROM unnest(%(weighed)s::uuid[], %(weights)s::smallint[]) AS kept (trace_id, weight)
WHERE {IN_HOUR} AND s.trace_id = kept.trace_id AND s.weight = 1"""


def thin_due(now: datetime, *, clock: Callable[[], float] = time.monotonic) -> list[ThinnedHour]:
    """Thin the hours that are due at *now*, oldest first, for at most BUDGET_S; returns the finished ones."""
    until = clock() + BUDGET_S
    finished: list[ThinnedHour] = []
    for hour in due_hours(now):
        thinned = thin(hour, now, lambda: clock() > until)
        if thinned.ended_at is None:
            break
        finished.append(thinned)
    return finished


def due_hours(now: datetime) -> list[datetime]:
    """The closed hours since the first rule was saved that are not thinned yet, oldest first."""
    first = (
        SamplingRule.objects.filter(enabled=True).order_by("edited_at").values_list("edited_at", flat=True).first()
    )
    if first is None:
        return []
    hour = max(hour_of(first) + HOUR, partitions.allowed(now)[0])
    done = set(ThinnedHour.objects.filter(hour__gte=hour, ended_at__isnull=False).values_list("hour", flat=True))
    due = []
    while hour + HOUR + SETTLE <= now:
        if hour not in done:
            due.append(hour)
        hour += HOUR
    return due


def thin(hour: datetime, now: datetime, out_of_time: Callable[[], bool] = lambda: False) -> ThinnedHour:
    """Thin one *hour*; ``ended_at`` stays None if time ran out. Thinning it again changes nothing more."""
    thinned = _mark(hour, now)
    bounds = {"hour": hour, "end": hour + HOUR}
    matchers, slow = matchers_of(hour), slow_series(hour)
    traces = [trace for (trace,) in _rows(TRACES, bounds)] if matchers else []
    for at in range(0, len(traces), CHUNK_TRACES):
        if out_of_time():
            return thinned
        chunk = traces[at : at + CHUNK_TRACES]
        _carry_out(sentence(facts_of(chunk, hour, slow), matchers), bounds)
    ThinnedHour.objects.filter(pk=hour).update(ended_at=now)
    thinned.refresh_from_db()
    return thinned


def _mark(hour: datetime, now: datetime) -> ThinnedHour:
    """Say that *hour* is being thinned, before anything is; whoever makes its rollups anew is waited for."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_ROLLUPS)
        thinned, _ = ThinnedHour.objects.get_or_create(hour=hour, defaults={"started_at": now})
    return thinned


def matchers_of(hour: datetime) -> list[Matcher]:
    """The rules that hold for traces of *hour*, in their order, with the series that they name."""
    rules = SamplingRule.objects.filter(enabled=True, edited_at__lte=hour)
    return [
        Matcher(
            frozenset(Series.objects.filter(**rule.words).values_list("pk", flat=True)),
            Fate(rule.keep_one_in, rule.keep_payloads_of_one_in),
            rule.slow_ms,
        )
        for rule in rules
    ]


def slow_series(hour: datetime) -> dict[int, float]:
    """Above how many milliseconds a tool call of each series is slow: longer than 99 % of its tool's that day.

    Rounded up to a bound of the histogram, so that of calls that take equally long none is slow.
    """
    end = hour + HOUR
    tallies = Rollup.objects.at(3600).between(end - timedelta(days=1), end).tallies("tool")
    slow_ms = {
        tool: tally.durations.bound(SLOW_SHARE) if tally.calls >= FEW_CALLS else 0.0
        for (tool,), tally in tallies.items()
    }
    calls = Series.objects.filter(operation=OPERATION_EXECUTE_TOOL, tool__in=slow_ms)
    return {series: slow_ms[tool] for series, tool in calls.values_list("pk", "tool")}


def facts_of(traces: Sequence[uuid.UUID], hour: datetime, slow: dict[int, float]) -> list[Trace]:
    """What the rules have to know of *traces*, from all of their spans near *hour*. One query."""
    parameters = {
        "traces": list(traces),
        "first": hour - REACH,
        "last": hour + REACH,
        "series": list(slow),
        "slow_ms": list(slow.values()),
        "fine": ["", *map(str, SUCCEEDED)],
    }
    return [Trace(*row) for row in _rows(FACTS, parameters)]


def _carry_out(told: Sentence, bounds: dict[str, Any]) -> None:
    """Delete, strip and weigh, in one transaction, and note what was done."""
    hour = bounds["hour"]
    with transaction.atomic(), connection.cursor() as cursor:
        # Late spans wait, which may be among those that are deleted now.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        cursor.execute(LOCK_ROLLUPS)
        keys: list[Key] = _rows(DELETE, bounds | {"deleted": told.deleted})
        remember(hour, keys)
        times, ids, spans = (list(column) for column in zip(*keys, strict=True)) if keys else ([], [], [])
        cursor.execute(DELETE_PAYLOADS, bounds | {"times": times, "ids": ids, "spans": spans})
        payloads = cursor.rowcount
        cursor.execute(STRIP, bounds | {"stripped": told.stripped})
        payloads += cursor.rowcount
        weights = {"weighed": list(told.weighed), "weights": list(told.weighed.values())}
        cursor.execute(WEIGH, bounds | weights)
        ThinnedHour.objects.filter(pk=hour).update(
            removed=F("removed") + len(keys), payloads_removed=F("payloads_removed") + payloads
        )


def _rows(query: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: list[Any] = cursor.fetchall()
        return found
