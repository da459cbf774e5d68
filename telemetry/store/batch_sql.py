"""The statements by which a batch is stored and counted, as bodies of temporary functions. Text only, no I/O.

Reading and planning so long a statement takes as long as storing two hundred spans. As a temporary function its
plan is kept by the connection, and a pooler that gives a transaction any connection does no harm.
"""

import zlib
from collections.abc import Sequence

from telemetry.errors import sql as error_sql
from telemetry.rollups import ended_sql, rollup_sql
from telemetry.semconv import ASKED_BY, INHERITED, INPUT_TOKENS, OUTPUT_TOKENS, USAGE_IS_A_SUM, Outcome
from telemetry.store import copy_text
from telemetry.witnesses import deduplication, queries


def numbered(statement: str) -> str:
    """*statement* with ``$1``, ``$2``, … for its placeholders, as the body of a function has them."""
    first, *rest = statement.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))


KEY = ("start_time", "trace_id", "span_id")
PAYLOAD = ("arguments", "result", "messages")
SPAN = tuple(name for name in copy_text.FIELDS if name not in PAYLOAD)

# A pooled connection outlives a release; its temporary table of another shape must not be met again.
PENDING = f"pending_span_{zlib.crc32(','.join(copy_text.FIELDS).encode()):08x}"
CREATE_PENDING = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {PENDING} ON COMMIT DELETE ROWS AS
SELECT {", ".join(f"s.{name}" for name in SPAN)}, {", ".join(f"p.{name}" for name in PAYLOAD)}
FROM telemetry_span s, telemetry_span_payload p WITH NO DATA"""
COPY = f"COPY {PENDING} ({', '.join(copy_text.FIELDS)}) FROM STDIN"
RETURNED = tuple(dict.fromkeys((*KEY, *rollup_sql.SPAN_COLUMNS, *error_sql.SPAN_COLUMNS)))
INSERT = f"""
moment AS (SELECT %s AS stored_at), inserted AS (
    INSERT INTO telemetry_span ({", ".join(SPAN)}, stored_at)
    SELECT {", ".join(SPAN)}, CASE WHEN outcome <> '' THEN (SELECT stored_at FROM moment) END
    FROM {PENDING} ORDER BY {", ".join(KEY)}
    ON CONFLICT DO NOTHING
    RETURNING {", ".join(RETURNED)}
), payloads AS (
    INSERT INTO telemetry_span_payload ({", ".join(KEY + PAYLOAD)})
    SELECT DISTINCT ON ({", ".join(KEY)}) {", ".join(KEY + PAYLOAD)}
    FROM {PENDING} JOIN inserted USING ({", ".join(KEY)})
    WHERE arguments <> '' OR result <> '' OR messages <> ''
)"""


def count(spans: str, *, signed: bool = False) -> str:
    """Common table expressions that add the relation *spans* to all that is counted, in the order of the keys."""
    stored_at = "" if signed else "(SELECT stored_at FROM moment)"
    return f"""
{rollup_sql.rollups_of(spans, signed=signed)},
added AS ({rollup_sql.upsert(rollup_sql.SERIES)}), added_tools AS ({rollup_sql.upsert(rollup_sql.TOOLS)}
), {ended_sql.fine_of(spans, signed=signed)},
added_ended AS ({ended_sql.upsert(stored_at)}
), {error_sql.counts_of(spans)}, {error_sql.upserts()}"""


STORE = f"WITH {INSERT}, {count('inserted')} SELECT count(*) INTO stored FROM inserted"
USAGE = ("input_tokens", "output_tokens", "cost_usd")


def unless_sum(name: str) -> str:
    """The column *name* of the stored span ``s``; nothing where the change ``c`` says that it is a sum."""
    return f"CASE WHEN c.is_sum THEN NULL ELSE s.{name} END"


# The same for a batch with spans of calls of which others tell too: what counted before is taken out of the counts
# in the same pass, for two passes would lock rows in two orders.
CHANGES = (
    f"jsonb_to_recordset(%s) AS c ({', '.join(f'{name} {kind}' for name, kind in deduplication.CHANGE.items())})"
)
SETTLE = f"""
WITH {INSERT}, changed AS (
    SELECT c.*, {", ".join(f"{unless_sum(name)} AS {name}" for name in USAGE)}, s.attribute_set_id, s.attributes
    FROM {CHANGES} LEFT JOIN telemetry_span s USING ({", ".join(KEY)})
), known AS (
    SELECT * FROM jsonb_to_recordset(%s)
        AS k (start_time timestamptz, trace_id uuid, span_id bigint, stored_at timestamptz)
), counted_otherwise AS (
    SELECT {", ".join(rollup_sql.SPAN_COLUMNS)}, weight, fingerprint, attribute_set_id, attributes, 1 AS sign,
        coalesce(known.stored_at, moment.stored_at) AS stored_at
    FROM inserted LEFT JOIN known USING ({", ".join(KEY)}), moment
    UNION ALL
    SELECT {", ".join(rollup_sql.SPAN_COLUMNS)}, sign, fingerprint, attribute_set_id,
        CASE WHEN outcome = '{Outcome.ARGUMENTS}' THEN attributes END, sign, stored_at
    FROM changed
), {count("counted_otherwise", signed=True)}
SELECT count(*) INTO stored FROM inserted"""
RENAME = f"""
UPDATE telemetry_span s SET series_id = c.series_id, outcome = c.outcome, fingerprint = c.fingerprint,
    own_name = nullif(coalesce(s.own_name, b.name), c.name), session_id = coalesce(c.session_id, s.session_id),
    {", ".join(f"{name} = {unless_sum(name)}" for name in USAGE)},
    attributes = CASE
        WHEN c.is_sum THEN coalesce(s.attributes, '{{}}') || jsonb_build_object('{USAGE_IS_A_SUM}', true)
            || jsonb_strip_nulls(jsonb_build_object(
                '{INPUT_TOKENS}', s.input_tokens, '{OUTPUT_TOKENS}', s.output_tokens))
        WHEN c.inherited IS NULL THEN s.attributes
        ELSE coalesce(s.attributes, '{{}}') || jsonb_build_object('{INHERITED}', c.inherited)
            || CASE WHEN c.asked_by = '' THEN '{{}}' ELSE jsonb_build_object('{ASKED_BY}', c.asked_by) END END
FROM {CHANGES}, {CHANGES.replace(" AS c (", " AS b (")}
WHERE c.sign > 0 AND b.sign < 0
    AND {" AND ".join(f"b.{name} = c.{name} AND s.{name} = c.{name}" for name in KEY)}"""
_DELETES = [
    *(rollup_sql.without_empty(level, "taken") for level in rollup_sql.LEVELS),
    ended_sql.without_empty("taken"),
    *error_sql.without_empty("taken"),
]
# In one statement: what was taken is read out of its JSON once.
EMPTIED = ",\n".join(
    (
        f"WITH taken AS MATERIALIZED (SELECT * FROM {CHANGES} WHERE sign < 0)",
        *(f"emptied_{number} AS ({each})" for number, each in enumerate(_DELETES[:-1])),
    )
)
EMPTIED += f"\n{_DELETES[-1]}"
# Whether a span that tells of a call is in a trace of the batch's tool calls and of what may lie between two.
IS_SEEN = """
SELECT EXISTS (SELECT FROM unnest({traces}) AS wanted (trace), LATERAL (
    SELECT FROM telemetry_witness WHERE trace_id = trace LIMIT 1) w)"""

TYPES = ("timestamptz", *(f"{kind}[]" for kind in error_sql.DESCRIPTION_TYPES))
STORE_TYPES = (*TYPES, "uuid[]")
SETTLE_TYPES = ("timestamptz", "jsonb", "jsonb", *TYPES[1:])
NAME = zlib.crc32("".join((PENDING, STORE, SETTLE, RENAME, EMPTIED, IS_SEEN)).encode())
FUNCTION, SETTLING = f"pg_temp.store_{NAME:08x}", f"pg_temp.settle_{NAME:08x}"
# And the locks of traces are taken: nothing is looked at before.
BEGIN = f"SELECT to_regprocedure('{FUNCTION}({', '.join(STORE_TYPES)})') IS NOT NULL, ({queries.LOCK})"


def function(name: str, types: Sequence[str], body: str) -> str:
    """The statement that makes a temporary function of *body*, which sets ``stored``."""
    return f"""
CREATE FUNCTION {name}({", ".join(types)}) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $function$
#variable_conflict use_column
DECLARE stored bigint;
BEGIN
{body};
RETURN stored;
END $function$"""


PREPARE = ";\n".join(
    (
        CREATE_PENDING,
        function(
            FUNCTION,
            STORE_TYPES,
            f"IF ({IS_SEEN.format(traces=f'${len(STORE_TYPES)}')}) THEN RETURN NULL; END IF;\n{numbered(STORE)}",
        ),
        function(
            SETTLING,
            SETTLE_TYPES,
            f"{numbered(SETTLE)};\n" + ";\n".join(each.replace("%s", "$2") for each in (RENAME, EMPTIED)),
        ),
    )
)
STORE_CALL = f"SELECT {FUNCTION}({', '.join(['%s'] * len(STORE_TYPES))})"
SETTLE_CALL = f"SELECT {SETTLING}({', '.join(['%s'] * len(SETTLE_TYPES))})"
