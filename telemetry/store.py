"""The one writer of spans, for our own and for OTLP's: a batch, once, with its rollups, in one transaction.

The batch goes by COPY into a temporary table and from there into ``telemetry_span``; what was there already is
left out, and only what was really inserted is added to the rollups. So a batch sent twice counts once, and
rollups equal the spans at every moment. Spans and rollups are written in the order of their keys, so that two
writers wait for each other and never deadlock.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC
from typing import Any

from django.db import connection, transaction

from telemetry import partitions, rollup_sql
from telemetry.rows import SpanRow

PAYLOAD = ("arguments", "result", "messages")
KEY = ("start_time", "trace_id", "span_id")
FIELDS = tuple(item.name for item in fields(SpanRow))
SPAN = tuple(name for name in FIELDS if name not in PAYLOAD)

# A pooled connection outlives a release; its temporary table of another shape must not be met again.
PENDING = f"pending_span_{zlib.crc32(','.join(FIELDS).encode()):08x}"
CREATE_PENDING = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {PENDING} ON COMMIT DELETE ROWS AS
SELECT {", ".join(f"s.{name}" for name in SPAN)}, {", ".join(f"p.{name}" for name in PAYLOAD)}
FROM telemetry_span s, telemetry_span_payload p WITH NO DATA"""
COPY = f"COPY {PENDING} ({', '.join(FIELDS)}) FROM STDIN"
RETURNED = tuple(dict.fromkeys((*KEY, *rollup_sql.SPAN_COLUMNS)))
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
), {rollup_sql.rollups_of("inserted")}, added AS ({rollup_sql.upsert()})
SELECT count(*) FROM inserted"""


def write_spans(rows: Sequence[SpanRow]) -> int:
    """Store *rows* and add them to the rollups, all or none; returns how many were not there before.

    Every row has to lie in the allowed window (``partitions.allowed``). Raises ``django.db.Error``.
    """
    if not rows:
        return 0
    partitions.ensure(connection, {row.start_time.astimezone(UTC).date() for row in rows})
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CREATE_PENDING)
        if nested:  # no commit will empty it
            cursor.execute(f"TRUNCATE {PENDING}")
        # Django gives its own names only to the errors of its own methods.
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for values in encoded(rows):
                copy.write_row(values)
        cursor.execute(STORE)
        return int(cursor.fetchone()[0])


def encoded(rows: Sequence[SpanRow]) -> Iterator[list[Any]]:
    for row in rows:
        values = [getattr(row, name) for name in FIELDS]
        values[ATTRIBUTES_AT] = json.dumps(row.attributes, ensure_ascii=False)
        values[EVENTS_AT] = json.dumps(row.events, ensure_ascii=False)
        yield values


ATTRIBUTES_AT, EVENTS_AT = FIELDS.index("attributes"), FIELDS.index("events")
