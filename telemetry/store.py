"""The one writer of spans, for our own and for OTLP's: a batch, once, with its rollups, in one transaction.

The batch goes by COPY into a temporary table and from there into ``telemetry_span``; what was there already is
left out, and only what was really inserted is added to the rollups, to what rules judge and to the groups of
errors. So a batch sent twice counts once, and rollups equal the spans at every moment. All is written in the
order of its keys, so that two writers wait for each other and never deadlock.
"""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import connection, transaction

from telemetry import copying, dictionaries, ended_sql, partitions, rollup_sql
from telemetry.cost import book
from telemetry.cost.nested import Nested
from telemetry.cost.spans import priced
from telemetry.errors import marks
from telemetry.errors import sql as error_sql
from telemetry.rows import SpanRow
from telemetry.sampling import removed
from telemetry.sharing import Sharing
from telemetry.sources import NewSources
from telemetry.words import Names, NewSeries


def numbered(statement: str) -> str:
    """*statement* with ``$1``, ``$2``, … for its placeholders, as the body of a function has them."""
    first, *rest = statement.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))


KEY = ("start_time", "trace_id", "span_id")
PAYLOAD = ("arguments", "result", "messages")
SPAN = tuple(name for name in copying.FIELDS if name not in PAYLOAD)

# A pooled connection outlives a release; its temporary table of another shape must not be met again.
PENDING = f"pending_span_{zlib.crc32(','.join(copying.FIELDS).encode()):08x}"
CREATE_PENDING = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {PENDING} ON COMMIT DELETE ROWS AS
SELECT {", ".join(f"s.{name}" for name in SPAN)}, {", ".join(f"p.{name}" for name in PAYLOAD)}
FROM telemetry_span s, telemetry_span_payload p WITH NO DATA"""
COPY = f"COPY {PENDING} ({', '.join(copying.FIELDS)}) FROM STDIN"
RETURNED = tuple(dict.fromkeys((*KEY, *rollup_sql.SPAN_COLUMNS, *error_sql.SPAN_COLUMNS)))
STORE = f"""
WITH moment AS (SELECT %s AS stored_at), inserted AS (
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
), {ended_sql.fine_of("inserted")},
added_ended AS ({ended_sql.upsert("(SELECT stored_at FROM moment)")}
), {error_sql.counts_of("inserted")}, {error_sql.upserts()}
SELECT count(*) INTO stored FROM inserted"""

# Reading and planning so long a statement takes as long as storing two hundred spans. As a temporary function its
# plan is kept by the connection, and a pooler that gives a transaction any connection does no harm.
TYPES = ("timestamptz", *(f"{kind}[]" for kind in error_sql.DESCRIPTION_TYPES))
ARGUMENTS = ", ".join(TYPES)
FUNCTION = f"pg_temp.store_{zlib.crc32((PENDING + STORE).encode()):08x}"
IS_PREPARED = f"SELECT to_regprocedure('{FUNCTION}({ARGUMENTS})') IS NOT NULL"
PREPARE = f"""
{CREATE_PENDING};
CREATE FUNCTION {FUNCTION}({ARGUMENTS}) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $function$
#variable_conflict use_column
DECLARE stored bigint;
BEGIN
{numbered(STORE)};
RETURN stored;
END $function$"""
CALL = f"SELECT {FUNCTION}({', '.join(['%s'] * len(TYPES))})"


def write_spans(rows: Sequence[SpanRow], now: datetime | None = None) -> int:
    """Store *rows* at *now* and count them in rollups and groups of errors, all or none; how many were new.

    Every row has to lie in the allowed window (``partitions.allowed``). Raises ``django.db.Error``.
    """
    if not rows:
        return 0
    now = now or datetime.now(UTC)
    partitions.ensure(connection, {row.start_time.astimezone(UTC).date() for row in rows})
    prices = book.current()
    rows = [priced(row, prices) for row in _nested.marked(rows)]
    _names.limit(rows)
    _new_series.limit(rows)
    _new_sources.limit(rows)
    _sharing.share(rows)
    ids = dictionaries.resolve(rows)
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        rows = removed.without_known(rows, now)
        cursor.execute(IS_PREPARED)
        if not cursor.fetchone()[0]:
            cursor.execute(PREPARE)
        if nested:  # no commit will empty it
            cursor.execute(f"TRUNCATE {PENDING}")
        # Django gives its own names only to the errors of its own methods.
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            copy.write(copying.lines(rows, ids))
        cursor.execute(CALL, [now, *marks.described(rows)])
        return int(cursor.fetchone()[0])


_names, _new_series = Names(), NewSeries()
_sharing = Sharing()
_nested, _new_sources = Nested(), NewSources()
