"""What is stored of the traces of new spans: from which they may inherit, or which may inherit from them."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from telemetry import semconv as sc
from telemetry.attribution.deciding import gives, joins, wants
from telemetry.attribution.inheritance import Words, asked_by_in, names_in, words_of
from telemetry.spans.rows import SeriesKey, SpanRow

# A span inherits from others that began so near to it; names the partitions.
REACH = timedelta(hours=1)
# So many traces of a batch are looked up, of each so many spans, the newest first, and of chats so many ids.
MOST_TRACES, MOST_SPANS, MOST_IDS = 500, 500, 500
COLUMNS = (
    "start_time",
    "trace_id",
    "span_id",
    "parent_span_id",
    "duration_ms",
    "status",
    "attempts",
    "fingerprint",
)
TEXTS = ("outcome", "session_id", "tool_call_id", "messages", "attributes")
WORDS = ", ".join(f"series.{name}" for name in SeriesKey._fields)
# Found by their traces first, whatever the planner believes of the rest: of a young day it knows nothing. OFFSET
# keeps it from weighing both at once.
STORED = f"""
WITH s AS MATERIALIZED (
    SELECT newest.* FROM unnest(%(traces)s::uuid[]) AS wanted (trace), LATERAL (
        SELECT * FROM (
            SELECT * FROM telemetry_span WHERE trace_id = trace AND start_time >= %(first)s OFFSET 0
        ) of_trace WHERE start_time < %(last)s ORDER BY start_time DESC LIMIT {MOST_SPANS}
    ) newest
)
SELECT {", ".join(f"s.{name}" for name in (*COLUMNS, *TEXTS[:-2]))},
    CASE WHEN series.operation IN ({", ".join(f"'{name}'" for name in sorted(sc.CHATS))}) THEN coalesce((
        SELECT p.messages FROM telemetry_span_payload p
        WHERE p.start_time = s.start_time AND p.trace_id = s.trace_id AND p.span_id = s.span_id
            AND EXISTS (
                SELECT FROM unnest(%(of)s::uuid[], %(ids)s::text[]) AS call (trace_id, id)
                WHERE call.trace_id = s.trace_id
                    AND (strpos(p.messages, '"' || id) > 0 OR strpos(p.messages, chr(39) || id) > 0))
    ), '') ELSE '' END,
    CASE WHEN s.outcome = '' THEN '{{}}' ELSE jsonb_strip_nulls(jsonb_build_object(
        '{sc.ASKED_BY}', s.attributes -> '{sc.ASKED_BY}',
        '{sc.INHERITED}', coalesce(s.attributes -> '{sc.INHERITED}', (
            SELECT a.attributes -> '{sc.INHERITED}' FROM telemetry_attribute_set a WHERE a.id = s.attribute_set_id)
        ))) END,
    {WORDS}
FROM s JOIN telemetry_series series ON series.id = s.series_id WHERE series.origin = '{sc.Origin.REPORTED}'"""
# Most batches bring whole traces: then this is all that is asked. Without an upper bound: between two, Postgres
# believes that few spans lie, and reads all of those for each trace.
BEGUN = """
SELECT trace FROM unnest(%s::uuid[]) AS wanted (trace), LATERAL (
    SELECT FROM telemetry_span WHERE trace_id = trace AND start_time >= %s LIMIT 1) s"""
AGAIN = f"""
SELECT s.start_time, s.trace_id, s.span_id, s.duration_ms, s.status, s.attempts, s.fingerprint, s.outcome::text,
    s.session_id, coalesce(w.stored_at, s.stored_at),
    coalesce(s.attributes -> '{sc.INHERITED}', shared.attributes -> '{sc.INHERITED}', '[]'),
    s.attributes -> '{sc.ASKED_BY}', {WORDS}
FROM unnest(%s::timestamptz[], %s::uuid[], %s::bigint[]) AS wanted (start_time, trace_id, span_id),
LATERAL (
    SELECT * FROM telemetry_span of_key
    WHERE of_key.start_time = wanted.start_time AND of_key.trace_id = wanted.trace_id
        AND of_key.span_id = wanted.span_id OFFSET 0
) s
JOIN telemetry_series series ON series.id = s.series_id
LEFT JOIN telemetry_attribute_set shared ON shared.id = s.attribute_set_id
LEFT JOIN telemetry_witness w
    ON w.start_time = s.start_time AND w.trace_id = s.trace_id AND w.span_id = s.span_id
WHERE s.outcome <> ''"""

SAID = (
    *("start_time", "trace_id", "span_id", "duration_ms", "status", "attempts", "fingerprint", "outcome"),
    *("session_id", "stored_at"),
)

Key = tuple[datetime, uuid.UUID, int]


@dataclass(slots=True, eq=False)
class Call:
    """A stored tool call, as it counts now; *inherited*: what of its words is not its own, *asked_by* whom."""

    start_time: datetime
    trace_id: uuid.UUID
    span_id: int
    duration_ms: float
    status: int
    attempts: int
    fingerprint: int | None
    outcome: str
    session_id: str
    stored_at: datetime | None
    inherited: list[str]
    asked_by: str
    series: SeriesKey

    @property
    def key(self) -> Key:
        return self.start_time, self.trace_id, self.span_id

    @property
    def words(self) -> Words:
        """What it inherited before."""
        return words_of(self.series, self.session_id, self.inherited, self.asked_by)


def stored(rows: Sequence[SpanRow]) -> list[SpanRow]:
    """What is stored of the traces in which *rows* want or give words, or join others that do.

    What chats said is there where it may name a call of *rows*.
    """
    looked = [row for row in rows if gives(row) or wants(row) or joins(row)]
    if not looked:
        return []
    times = [row.start_time for row in looked]
    first, last = min(times) - REACH, max(times) + REACH
    traces = {row.trace_id.int: row.trace_id for row in looked}
    with connection.cursor() as cursor:
        cursor.execute(BEGUN, [[*traces.values()][:MOST_TRACES], first])
        begun = [trace_id for (trace_id,) in cursor.fetchall()]
        if not begun:
            return []
        ids = [(row.trace_id, row.tool_call_id) for row in rows if row.tool_call_id and wants(row)][:MOST_IDS]
        of, call_ids = (list(column) for column in zip(*ids, strict=True)) if ids else ([], [])
        sought: dict[str, Any] = {"traces": begun, "first": first, "last": last, "of": of, "ids": call_ids}
        cursor.execute(STORED, sought)
        return [_row(found) for found in cursor.fetchall()]


def again(keys: Collection[Key]) -> list[Call]:
    """The stored calls of *keys* as they are now; the caller holds the locks of their traces."""
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, [list(column) for column in zip(*keys, strict=True)])
        return [_call(found) for found in cursor.fetchall()]


def _call(values: Sequence[Any]) -> Call:
    *said, inherited, asked_by = values[: len(SAID) + 2]
    return Call(
        **dict(zip(SAID, said, strict=True)),
        inherited=names_in(json.loads(inherited)),
        asked_by=asked_by_in(json.loads(asked_by or "null")),
        series=SeriesKey(*values[len(SAID) + 2 :]),
    )


def _row(values: Sequence[Any]) -> SpanRow:
    said = dict(zip((*COLUMNS, *TEXTS), values, strict=False))
    said["attributes"] = json.loads(said["attributes"])
    return SpanRow(**said, series=SeriesKey(*values[len(said) :]))
