"""The one writer of spans, for our own and for OTLP's: a batch, once, with its rollups, in one transaction.

The batch goes by COPY into a temporary table and from there into ``telemetry_span``; what was there already is
left out, and only what was really inserted is added to the rollups and to the groups of errors. So a batch sent
twice counts once, and rollups equal the spans at every moment. All is written in the order of its keys, so that
two writers wait for each other and never deadlock.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from telemetry import dictionaries, partitions, rollup_sql
from telemetry.cost import book
from telemetry.cost.spans import priced
from telemetry.dictionaries import Ids
from telemetry.errors import marks
from telemetry.errors import sql as error_sql
from telemetry.rows import SpanRow
from telemetry.sampling import removed

KEY = ("start_time", "trace_id", "span_id")
PAYLOAD = ("arguments", "result", "messages")
# What a row brings as it is, what it brings as the id of an entry, and what it brings as JSON or not at all.
PLAIN = (
    *KEY,
    *("start_ns", "parent_span_id", "duration_ms", "status", "attempts", "input_tokens", "output_tokens"),
    *(
        "cost_usd",
        "fingerprint",
        "outcome",
        "own_name",
        "session_id",
        "tool_call_id",
        "error_type",
        "error_message",
    ),
)
IDS = ("series_id", "source_id", "attribute_set_id")
JSON = ("attributes", "events", "links")
SPAN = (*PLAIN, *IDS, *JSON)
FIELDS = (*SPAN, *PAYLOAD)

# A pooled connection outlives a release; its temporary table of another shape must not be met again.
PENDING = f"pending_span_{zlib.crc32(','.join(FIELDS).encode()):08x}"
CREATE_PENDING = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {PENDING} ON COMMIT DELETE ROWS AS
SELECT {", ".join(f"s.{name}" for name in SPAN)}, {", ".join(f"p.{name}" for name in PAYLOAD)}
FROM telemetry_span s, telemetry_span_payload p WITH NO DATA"""
COPY = f"COPY {PENDING} ({', '.join(FIELDS)}) FROM STDIN"
RETURNED = tuple(dict.fromkeys((*KEY, *rollup_sql.SPAN_COLUMNS, *error_sql.SPAN_COLUMNS)))
STORE = f"""
WITH inserted AS (
    INSERT INTO telemetry_span ({", ".join(SPAN)})
    SELECT {", ".join(SPAN)} FROM {PENDING} ORDER BY {", ".join(KEY)}
    ON CONFLICT DO NOTHING
    RETURNING {", ".join(RETURNED)}
), payloads AS (
    INSERT INTO telemetry_span_payload ({", ".join(KEY + PAYLOAD)})
    SELECT DISTINCT ON ({", ".join(KEY)}) {", ".join(KEY + PAYLOAD)}
    FROM {PENDING} JOIN inserted USING ({", ".join(KEY)})
    WHERE arguments <> '' OR result <> '' OR messages <> ''
), {rollup_sql.rollups_of("inserted")},
added AS ({rollup_sql.upsert(rollup_sql.SERIES)}), added_tools AS ({rollup_sql.upsert(rollup_sql.TOOLS)}
), {error_sql.counts_of("inserted")}, {error_sql.upserts()}
SELECT count(*) FROM inserted"""


def write_spans(rows: Sequence[SpanRow]) -> int:
    """Store *rows* and count them in rollups and groups of errors, all or none; returns how many were new.

    Every row has to lie in the allowed window (``partitions.allowed``). Raises ``django.db.Error``.
    """
    if not rows:
        return 0
    partitions.ensure(connection, {row.start_time.astimezone(UTC).date() for row in rows})
    prices = book.current()
    rows = [priced(row, prices) for row in rows]
    ids = dictionaries.resolve(rows)
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        rows = removed.without_known(rows, datetime.now(UTC))
        cursor.execute(CREATE_PENDING)
        if nested:  # no commit will empty it
            cursor.execute(f"TRUNCATE {PENDING}")
        # Django gives its own names only to the errors of its own methods.
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for values in encoded(rows, ids):
                copy.write_row(values)
        cursor.execute(STORE, marks.described(rows))
        return int(cursor.fetchone()[0])


def encoded(rows: Sequence[SpanRow], ids: Ids) -> Iterator[list[Any]]:
    """The values of *rows* in the order of FIELDS."""
    for row in rows:
        yield [
            *(getattr(row, name) for name in PLAIN),
            ids.series[row.series],
            ids.sources[row.source],
            ids.attribute_sets.get(row.attribute_set),
            *(_json(getattr(row, name)) for name in JSON),
            *(getattr(row, name) for name in PAYLOAD),
        ]


def _json(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None
