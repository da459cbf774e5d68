"""The one SQL by which spans become rollups, used to store, to recompute and to compare.

Text only, no I/O. ``telemetry.histogram`` has the same buckets in Python; a test holds the two together.
"""

from telemetry import histogram
from telemetry.querysets import OUTCOME_COLUMNS

RESOLUTIONS_S = (10, 60, 3600)
KEYS = ("tool", "provider", "model", "prompt_version", "caller_role")
PRIMARY_KEY = ("resolution_s", "bucket", *KEYS)
# Quoted, for one of the outcomes is a reserved word of SQL.
COUNTS = tuple(f'"{name}"' for name in (*OUTCOME_COLUMNS, "attempts", "duration_sum_us"))
COLUMNS = (*PRIMARY_KEY, *COUNTS, "durations")
# What a span must bring to be counted.
SPAN_COLUMNS = ("start_time", *KEYS, "outcome", "attempts", "duration_ms")

_ELEMENTS = range(1, histogram.SIZE + 1)
# width_bucket counts the thresholds at or below a value. Bounds are inclusive above, so both are negated.
_NEGATED_BOUNDS = ", ".join(repr(-bound) for bound in reversed(histogram.BOUNDS_MS))
_BUCKET_NO = f"{histogram.SIZE} - width_bucket(-duration_ms, ARRAY[{_NEGATED_BOUNDS}]::float8[])"


def sum_arrays(column: str) -> str:
    """The element-wise sum of a histogram *column* over a group."""
    return "ARRAY[" + ", ".join(f"sum({column}[{at}])" for at in _ELEMENTS) + "]::integer[]"


def add_arrays(left: str, right: str) -> str:
    """The element-wise sum of two histogram expressions."""
    return "ARRAY[" + ", ".join(f"{left}[{at}] + {right}[{at}]" for at in _ELEMENTS) + "]"


def rollups_of(spans: str) -> str:
    """Common table expressions ending in ``rolled``: the rollup rows of the relation *spans*."""
    keys = ", ".join(KEYS)
    outcomes = ", ".join(
        f"count(*) FILTER (WHERE outcome = '{outcome}') AS \"{column}\""
        for column, outcome in OUTCOME_COLUMNS.items()
    )
    durations = ", ".join(f"count(*) FILTER (WHERE bucket_no = {at})" for at in _ELEMENTS)
    return f"""
calls AS (
    SELECT {_bucket("start_time", 10)} AS bucket, {keys}, outcome, attempts,
        round(duration_ms * 1000)::bigint AS duration_us, {_BUCKET_NO} AS bucket_no
    FROM {spans} WHERE outcome <> ''
), fine AS (
    SELECT bucket, {keys}, {outcomes}, sum(attempts) AS attempts, sum(duration_us) AS duration_sum_us,
        ARRAY[{durations}]::integer[] AS durations
    FROM calls GROUP BY bucket, {keys}
), rolled AS (
    SELECT 10 AS resolution_s, bucket, {keys}, {", ".join(COUNTS)}, durations FROM fine
    UNION ALL {_coarser("fine", 60)} UNION ALL {_coarser("fine", 3600)}
)"""


def upsert(source: str = "rolled") -> str:
    """Add the rows of *source* to the stored ones, in the order of their keys so that no two writers deadlock."""
    counts = ", ".join(f"{name} = r.{name} + EXCLUDED.{name}" for name in COUNTS)
    return f"""
INSERT INTO telemetry_rollup AS r ({", ".join(COLUMNS)})
SELECT {", ".join(COLUMNS)} FROM {source} ORDER BY {", ".join(PRIMARY_KEY)}
ON CONFLICT ({", ".join(PRIMARY_KEY)}) DO UPDATE
SET {counts}, durations = {add_arrays("r.durations", "EXCLUDED.durations")}"""


def _bucket(moment: str, seconds: int) -> str:
    return f"date_bin('{seconds} seconds', {moment}, TIMESTAMPTZ '2000-01-01 00:00:00+00')"


def _coarser(source: str, seconds: int) -> str:
    keys = ", ".join(KEYS)
    sums = ", ".join(f"sum({name})" for name in COUNTS)
    return f"""
    SELECT {seconds}, {_bucket("bucket", seconds)}, {keys}, {sums}, {sum_arrays("durations")}
    FROM {source} GROUP BY {_bucket("bucket", seconds)}, {keys}"""
