"""The one SQL by which spans become rollups, used to store, to recompute and to compare.

Text only, no I/O. ``telemetry.histogram`` has the same buckets in Python; a test holds the two together.
"""

from telemetry import histogram
from telemetry.querysets import OUTCOME_COLUMNS

RESOLUTIONS_S = (10, 60, 3600)
PRIMARY_KEY = ("resolution_s", "bucket", "series_id")
# Quoted, for one of the outcomes is a reserved word of SQL.
SUMS = ("spans", "errors", "attempts", "input_tokens", "output_tokens", "unpriced", "duration_sum_us", "cost_usd")
COUNTS = tuple(f'"{name}"' for name in (*OUTCOME_COLUMNS, *SUMS))
COLUMNS = (*PRIMARY_KEY, *COUNTS, "durations")
# What a span must bring to be counted.
SPAN_COLUMNS = (
    *("start_time", "series_id", "outcome", "status", "attempts", "duration_ms"),
    *("input_tokens", "output_tokens", "cost_usd"),
)

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
    outcomes = ", ".join(
        f"count(*) FILTER (WHERE outcome = '{outcome}') AS \"{column}\""
        for column, outcome in OUTCOME_COLUMNS.items()
    )
    durations = ", ".join(f"count(*) FILTER (WHERE bucket_no = {at})" for at in _ELEMENTS)
    return f"""
counted AS (
    SELECT {_bucket("start_time", 10)} AS bucket, series_id, outcome, status, attempts,
        input_tokens, output_tokens, cost_usd, round(duration_ms * 1000)::bigint AS duration_us,
        {_BUCKET_NO} AS bucket_no
    FROM {spans}
), fine AS (
    SELECT bucket, series_id, {outcomes}, count(*) AS spans, count(*) FILTER (WHERE status = 2) AS errors,
        coalesce(sum(attempts) FILTER (WHERE outcome <> ''), 0) AS attempts,
        coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS output_tokens,
        count(*) FILTER (WHERE cost_usd IS NULL AND coalesce(input_tokens, output_tokens) IS NOT NULL) AS unpriced,
        sum(duration_us) AS duration_sum_us, coalesce(sum(cost_usd), 0) AS cost_usd,
        ARRAY[{durations}]::integer[] AS durations
    FROM counted GROUP BY bucket, series_id
), rolled AS (
    SELECT 10 AS resolution_s, bucket, series_id, {", ".join(COUNTS)}, durations FROM fine
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
    sums = ", ".join(f"sum({name})" for name in COUNTS)
    return f"""
    SELECT {seconds}, {_bucket("bucket", seconds)}, series_id, {sums}, {sum_arrays("durations")}
    FROM {source} GROUP BY {_bucket("bucket", seconds)}, series_id"""
