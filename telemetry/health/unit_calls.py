"""What the calls of sessions came to, and how many sessions were told a prompt lately: for experiments.

Sessions are found by their index, so many a statement as is asked for, and never by reading whole days.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from telemetry.counts.outcome_counts import ANSWERED_BEFORE
from telemetry.database.replica import reader
from telemetry.search.errors import SearchTooExpensive
from telemetry.search.guard import guarded
from telemetry.semconv import FAILED, OPERATION_CHAT, OPERATION_EXECUTE_TOOL, SUCCEEDED, Origin, Outcome

MOST_MS = 5_000
# How far back a session may have been told something else.
BEFORE = timedelta(days=1)
TRAFFIC_DAYS = 7


class Asked(NamedTuple):
    """A session whose calls from ``since`` to ``until`` are wanted.

    ``prompt`` and ``version`` are what it was to be told, "coach" and "coach@3". With no prompt, for spans do not
    say what was told of tools, whatever a model was asked before ``since`` counts as something else. Calls from
    ``ended`` on are late.
    """

    key: int
    session_id: str
    since: datetime
    until: datetime
    ended: datetime
    prompt: str
    version: str


class Sums(NamedTuple):
    """Those of all sessions of one key. ``first_try`` are its calls that succeeded without a retry or a fallback,
    ``latency_ms`` is the mean of those whose tool ran, ``cost_usd`` the sum of all."""

    key: int
    calls: int
    succeeded: int
    first_try: int
    latency_ms: float | None
    cost_usd: float | None
    mixed: bool
    late: bool


SUMS = """
SELECT key,
    coalesce(sum(weight) FILTER (WHERE within AND outcome = ANY (%(counted)s)), 0),
    coalesce(sum(weight) FILTER (WHERE within AND outcome = ANY (%(succeeded)s)), 0),
    coalesce(sum(weight) FILTER (WHERE within AND outcome = ANY (%(at_once)s)), 0),
    sum(duration_ms * weight) FILTER (WHERE within AND outcome = ANY (%(ran)s))
        / nullif(sum(weight) FILTER (WHERE within AND outcome = ANY (%(ran)s)), 0),
    sum(cost_usd * weight) FILTER (WHERE within)::float8,
    coalesce(bool_or(CASE WHEN operation <> %(chat)s OR start_time >= until THEN false
        WHEN prompt = '' THEN start_time < since
        ELSE starts_with(prompt_version, prompt || '@') AND prompt_version <> version END), false),
    coalesce(bool_or(outcome = ANY (%(counted)s) AND start_time >= ended), false)
FROM (
    SELECT asked.*, s.outcome, s.weight, s.duration_ms, s.cost_usd, s.start_time, k.operation, k.prompt_version,
        s.start_time >= since AND s.start_time < until AS within
    FROM unnest(%(keys)s::bigint[], %(sessions)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[],
        %(ended)s::timestamptz[], %(prompts)s::text[], %(versions)s::text[])
        AS asked (key, session, since, until, ended, prompt, version)
    JOIN telemetry_span s ON s.session_id = asked.session AND s.session_id <> ''
        AND s.start_time >= %(start)s AND s.start_time <= %(end)s
    JOIN telemetry_series k ON k.id = s.series_id AND k.origin = %(own)s
) spans
GROUP BY key"""
TRAFFIC = """
SELECT count(DISTINCT session_id), count(*) FILTER (WHERE outcome = ANY (%(counted)s)),
    count(*) FILTER (WHERE outcome = ANY (%(succeeded)s)),
    extract(epoch FROM %(end)s - min(start_time)) / 86400
FROM telemetry_span WHERE start_time >= %(start)s AND start_time <= %(end)s AND session_id <> ''
    AND series_id = ANY (%(series)s)"""
TOLD = f"""
SELECT id FROM telemetry_series WHERE origin = '{Origin.OWN}' AND (starts_with(prompt_version, %s) OR
    tool = %s AND operation = '{OPERATION_EXECUTE_TOOL}' OR
    (provider, model) IN (SELECT * FROM unnest(%s::text[], %s::text[])))"""
_OUTCOMES = {
    "succeeded": [str(each) for each in SUCCEEDED],
    "counted": [str(each) for each in (*SUCCEEDED, *FAILED)],
    # An answer from the cache needed no second try either.
    "at_once": [str(Outcome.FIRST_TRY), str(Outcome.FROM_CACHE)],
    # What a stage before the tool answers takes no time: the worse a prompt, the faster it would look.
    "ran": [str(each) for each in (*SUCCEEDED, *FAILED) if each not in ANSWERED_BEFORE],
    "own": str(Origin.OWN),
    "chat": OPERATION_CHAT,
}


def sums(asked: Sequence[tuple[Any, ...]], now: datetime) -> list[Sums]:
    """Of those keys whose sessions have spans; *asked* are in the order of ``Asked``. One query.

    ``settings.EXPERIMENT_CALLS`` names it.

    Raises TimeoutError where it takes too long.
    """
    if not asked:
        return []
    names = ("keys", "sessions", "since", "until", "ended", "prompts", "versions")
    columns = dict(zip(names, (list(column) for column in zip(*asked, strict=True)), strict=True))
    span = {"start": min(columns["since"]) - BEFORE, "end": now}
    with bounded() as cursor:
        cursor.execute(SUMS, columns | span | _OUTCOMES)
        return [Sums(*row) for row in cursor.fetchall()]


@contextmanager
def bounded() -> Iterator[Any]:
    """A cursor that only reads. Raises TimeoutError, which who asks can know, where it takes too long."""
    try:
        with guarded(MOST_MS), reader().cursor() as cursor:
            yield cursor
    except SearchTooExpensive:
        raise TimeoutError(f"What sessions came to could not be read in {MOST_MS / 1000:g} s.") from None


class Traffic(NamedTuple):
    """Of the days that there are, a week at most: sessions a day, and the share of calls that succeeded."""

    sessions_a_day: float
    calls: int
    succeeded: int


def traffic(prompt: str, tool: str, now: datetime, models: Sequence[tuple[str, str]] = ()) -> Traffic:
    """Of those that were told *prompt*, whose model called *tool*, or was one of *models*. Two queries.

    ``settings.EXPERIMENT_TRAFFIC`` names it. Raises TimeoutError where it takes too long.
    """
    with bounded() as cursor:
        providers, names = [provider for provider, _ in models], [name for _, name in models]
        cursor.execute(TOLD, [f"{prompt}@", tool, providers, names])
        series = [row[0] for row in cursor.fetchall()]
        start = now - timedelta(days=TRAFFIC_DAYS)
        cursor.execute(TRAFFIC, {"start": start, "end": now, "series": series} | _OUTCOMES)
        sessions, calls, succeeded, days = cursor.fetchone()
    return Traffic(sessions / max(float(days or 0), 1.0), calls, succeeded)
