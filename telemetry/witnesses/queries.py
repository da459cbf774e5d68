"""What is stored of calls of which new spans tell too, and the locks by which two writers do not miss each other.

Two writers that store spans of one call at the same moment do not see each other's rows. So whoever stores an MCP
span has its trace to himself until the commit, and whoever stores any other tool call waits for him. All locks are
taken before anything else, in one order: nobody waits in a circle.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from telemetry.sampling.removed import LOCK_KEY
from telemetry.semconv import Origin
from telemetry.spans.rows import SeriesKey, SpanRow
from telemetry.spans.tool_names import Named
from telemetry.witnesses.deciding import Key, Witness
from telemetry.witnesses.steps import NO_STEPS, Steps, is_step, steps_of

# Two spaces of advisory locks: of traces in which an MCP span is stored, and in which others find one.
TRACES, CALLS = 7_305_203, 7_305_204
# Traces share so many locks: each takes room in Postgres' shared memory.
STRIPES = 256
LOCK = """
SELECT count(CASE WHEN alone THEN pg_advisory_xact_lock(%s, stripe)::text
    ELSE pg_advisory_xact_lock_shared(%s, stripe)::text END)
FROM (SELECT * FROM unnest(%s::integer[], %s::boolean[]) AS wanted (stripe, alone) ORDER BY stripe) l"""

COLUMNS = (
    *("start_time", "trace_id", "span_id", "parent_span_id", "duration_ms", "fingerprint", "stored_at", "status"),
    *("attempts", "named", "mcp", "told", "counted", "outcome", "server", "steps"),
)
WORDS = ", ".join(f"series.{name}" for name in SeriesKey._fields)
# So many spans of one call are looked at, and so many spans of a trace that may be one of them.
MOST_FOUND, MOST_OF_A_TRACE = 5_000, 5_000
# A span lies so near to those that tell of the same call; names the partitions.
REACH = timedelta(days=1)
# From the spans that are new to those above and below, and on from there.
KNOWN = f"""
WITH RECURSIVE found AS (
    SELECT w.* FROM unnest(%(traces)s::uuid[], %(spans)s::bigint[], %(parents)s::bigint[])
        AS new (trace_id, span_id, parent_span_id), LATERAL (
        SELECT * FROM telemetry_witness WHERE trace_id = new.trace_id AND span_id = new.span_id
        UNION ALL SELECT * FROM telemetry_witness WHERE trace_id = new.trace_id AND span_id = new.parent_span_id
        UNION ALL SELECT * FROM telemetry_witness WHERE trace_id = new.trace_id AND parent_span_id = new.span_id
    ) w
    UNION
    SELECT w.* FROM found f, LATERAL (
        SELECT * FROM telemetry_witness WHERE trace_id = f.trace_id AND span_id = f.parent_span_id
        UNION ALL SELECT * FROM telemetry_witness WHERE trace_id = f.trace_id AND parent_span_id = f.span_id
    ) w
)
SELECT {", ".join(f"found.{name}" for name in COLUMNS)}, {WORDS}
FROM (SELECT * FROM found LIMIT {MOST_FOUND}) found JOIN telemetry_series series ON series.id = found.series_id"""
# All of these traces, as steps may join any; where there are too many, those alone, for no call is half known.
OF_TRACES = f"""
SELECT {", ".join(f"found.{name}" for name in COLUMNS)}, {WORDS}
FROM (
    SELECT w.* FROM unnest(%(traces)s::uuid[]) AS wanted (trace), LATERAL (
        SELECT * FROM telemetry_witness WHERE trace_id = trace LIMIT {MOST_FOUND + 1}
    ) w LIMIT {MOST_FOUND + 1}
) found JOIN telemetry_series series ON series.id = found.series_id"""
# Found by their traces first: by two bounds of the time, the planner believes that few spans lie between them, and
# reads all of those for each trace.
NEAR = f"""
WITH s AS MATERIALIZED (
    SELECT of_trace.* FROM unnest(%(traces)s::uuid[]) AS wanted (trace), LATERAL (
        SELECT * FROM telemetry_span WHERE trace_id = trace AND start_time >= %(first)s LIMIT {MOST_OF_A_TRACE}
    ) of_trace
    WHERE start_time < %(last)s
)
SELECT s.start_time, s.trace_id, s.span_id, s.parent_span_id, s.duration_ms, s.fingerprint, s.stored_at, s.status,
    s.attempts, {int(Named.SAID)}, false, s.error_message <> '', true, s.outcome::text, '', 0, {WORDS}
FROM s JOIN telemetry_series series ON series.id = s.series_id
WHERE s.outcome <> '' OR (
    s.parent_span_id IS NOT NULL AND series.origin = '{Origin.REPORTED}'
    AND series.operation NOT IN ({", ".join(f"'{name}'" for name in sorted(NO_STEPS))})
)"""


def traces(rows: Iterable[SpanRow]) -> dict[uuid.UUID, bool]:
    """The traces of the tool calls and steps among *rows*, and whether an MCP span is among those."""
    found: dict[uuid.UUID, bool] = {}
    for row in rows:
        if row.outcome or is_step(row):
            found[row.trace_id] = row.mcp or found.get(row.trace_id, False)
    return found


def locks(space: int, alone: Mapping[uuid.UUID, bool]) -> list[Any]:
    """The parameters of LOCK: each trace in *space*, *alone* or beside others who are not."""
    stripes: dict[int, bool] = {}
    for trace_id, is_alone in alone.items():
        stripe = trace_id.int % STRIPES
        stripes[stripe] = stripes.get(stripe, False) or is_alone
    return [space, space, list(stripes), list(stripes.values())]


def lock_calls(found: Iterable[uuid.UUID]) -> None:
    """Have to oneself, until the transaction ends, what is stored of calls of the traces *found*."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, locks(CALLS, dict.fromkeys(found, True)))
        # What sampling deletes now is still there, or is known by its witness, but is not half gone.
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK_KEY])


def known(rows: Sequence[SpanRow]) -> tuple[dict[Key, Witness], Steps]:
    """The witnesses of the calls of which *rows* may tell, tool calls and steps, and all steps of their traces.

    The caller holds the locks of their traces.
    """
    with connection.cursor() as cursor:
        reach = _reach(rows)
        cursor.execute(OF_TRACES, reach)
        of_calls = cursor.fetchall()
        is_whole = len(of_calls) <= MOST_FOUND
        if not is_whole:
            cursor.execute(KNOWN, _sought([row for row in rows if row.outcome]))
            of_calls = cursor.fetchall()
        found = {each.key: each for each in (_witness(row, known=True) for row in of_calls)}
        cursor.execute(NEAR, reach)
        near = [_witness(row, known=False) for row in cursor.fetchall()]
    for each in near:
        if each.outcome:
            found.setdefault(each.key, each)
    between = [each for each in near if not each.outcome], [row for row in rows if is_step(row)]
    return found, steps_of(*between) if is_whole else {}


def _sought(rows: Sequence[SpanRow]) -> dict[str, Any]:
    return {
        "traces": [row.trace_id for row in rows],
        "spans": [row.span_id for row in rows],
        "parents": [row.parent_span_id for row in rows],
    }


def _reach(rows: Collection[SpanRow]) -> dict[str, Any]:
    times = [row.start_time for row in rows]
    return {
        "traces": list({row.trace_id for row in rows}),
        "first": min(times) - REACH,
        "last": max(times) + REACH,
    }


def _witness(values: Sequence[Any], *, known: bool) -> Witness:
    columns = dict(zip(COLUMNS, values, strict=False))
    return Witness(**columns, series=SeriesKey(*values[len(COLUMNS) :]), known=known)
