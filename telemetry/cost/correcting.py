"""Stored model calls of which others turned out to tell: their tokens and cost are taken out of all counts.

In the statement that stores the spans by which that is known, as for tool calls (``telemetry.witnesses``): each is
counted once more as it was, with a sign of -1, and as it is, with 1.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection

from telemetry.cost.nested import Key

# Columns that its counts depend on, and that stay.
COLUMNS = (
    *("start_time", "trace_id", "span_id", "duration_ms", "status", "attempts", "stored_at", "series_id"),
    *("outcome", "fingerprint"),
)
STORED = f"""
SELECT {", ".join(f"s.{name}" for name in COLUMNS)}
FROM unnest(%s::timestamptz[], %s::uuid[], %s::bigint[]) AS wanted (start_time, trace_id, span_id)
JOIN telemetry_span s USING (start_time, trace_id, span_id)
WHERE coalesce(s.input_tokens, s.output_tokens) IS NOT NULL"""


def changes(sums: Collection[Key]) -> list[dict[str, Any]]:
    """As ``telemetry.witnesses.deduplication.changes``, of those of *sums* that are stored and still have tokens.

    The caller holds the locks of their traces, so nobody else takes the same tokens out.
    """
    if not sums:
        return []
    with connection.cursor() as cursor:
        cursor.execute(STORED, [list(column) for column in zip(*sums, strict=True)])
        found = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    # A name that is the same before and after stays, whatever it is.
    return [each | {"name": "", **sign} for each in found for sign in ({"sign": -1}, {"sign": 1, "is_sum": True})]
