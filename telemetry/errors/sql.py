"""The one SQL by which spans become groups of errors and counts, used to store, to recompute and to compare.

Text only, no I/O. Whatever is written goes in the order of its keys, so that two writers never deadlock.
"""

from collections.abc import Iterator

from telemetry import semconv as sc

RESOLUTIONS_S = (60, 3600)
# What a span must bring to be counted.
SPAN_COLUMNS = (
    *("start_time", "series_id", "outcome", "weight", "fingerprint", "attribute_set_id"),
    f"CASE WHEN outcome = '{sc.Outcome.ARGUMENTS}' THEN attributes END AS attributes",
)
COUNT_KEY = ("fingerprint", "resolution_s", "bucket", "series_id")
VIOLATION_KEY = ("series_id", "resolution_s", "bucket", "path", "kind")
# What is said of a group once, when it is first seen; `telemetry.errors.grouping.described` gives the arrays.
DESCRIPTION = ("fingerprint", "tool", "name", "layer", "error_type", "message", "sample")
DESCRIPTION_TYPES = ("bigint", *("text",) * 6)
DESCRIBED = ", ".join(f"%s::{kind}[]" for kind in DESCRIPTION_TYPES)

# The group opens again: it was resolved before this occurrence, or ignored no longer than until then. What takes
# occurrences out of it opens nothing.
_AGAIN = """EXCLUDED.count > 0 AND ((g.state = 'resolved' AND EXCLUDED.last_seen > g.resolved_at)
    OR (g.state = 'ignored' AND (EXCLUDED.last_seen > g.ignored_until
        OR g.count + EXCLUDED.count > g.ignored_until_count)))"""


def counts_of(spans: str) -> str:
    """Common table expressions from the relation *spans*: ``error_counts`` and ``violation_counts``.

    Also ``failing``: each group with its count, and its first and last occurrence. A span whose ``weight`` is
    negative is taken out of what it was counted in.
    """
    listed = f"""
        SELECT coalesce(s.attributes -> '{sc.VIOLATIONS}', shared.attributes -> '{sc.VIOLATIONS}') AS items
        FROM (SELECT) one LEFT JOIN telemetry_attribute_set shared ON shared.id = s.attribute_set_id"""
    return f"""
failing AS (
    SELECT fingerprint, coalesce(min(start_time) FILTER (WHERE weight > 0), min(start_time)) AS first_seen,
        coalesce(max(start_time) FILTER (WHERE weight > 0), min(start_time)) AS last_seen, sum(weight) AS count
    FROM {spans} WHERE fingerprint IS NOT NULL GROUP BY fingerprint
), error_minutes AS (
    SELECT fingerprint, {_bucket("start_time", 60)} AS bucket, series_id, sum(weight) AS count
    FROM {spans} WHERE fingerprint IS NOT NULL GROUP BY 1, 2, 3
), error_counts AS ({_resolutions("error_minutes", COUNT_KEY)}
), broken AS (
    SELECT {_bucket("s.start_time", 60)} AS bucket, s.series_id, s.weight, item
    FROM {spans} s, LATERAL ({listed}) found,
        LATERAL jsonb_array_elements_text(CASE jsonb_typeof(items) WHEN 'array' THEN items ELSE '[]' END) item
    WHERE s.outcome = '{sc.Outcome.ARGUMENTS}' AND item ~ '^.+: [a-z]+$'
), violation_minutes AS (
    SELECT series_id, bucket, substring(item FROM '^(.+): [a-z]+$') AS path,
        substring(item FROM '[a-z]+$') AS kind, sum(weight) AS count
    FROM broken GROUP BY 1, 2, 3, 4
), violation_counts AS ({_resolutions("violation_minutes", VIOLATION_KEY)}
)"""


def upserts() -> str:
    """Common table expressions that add what ``counts_of`` found. The parameters are the arrays of DESCRIPTION."""
    description = ", ".join(DESCRIPTION)
    return f"""
grouped AS (
    INSERT INTO telemetry_error_group AS g
        ({description}, first_seen, last_seen, count, state, reopened, comment)
    SELECT {description}, first_seen, last_seen, count, 'open', 0, ''
    FROM failing JOIN unnest({DESCRIBED}) AS described ({description}) USING (fingerprint)
    WHERE count > 0 OR EXISTS (SELECT FROM telemetry_error_group k WHERE k.fingerprint = failing.fingerprint)
    ORDER BY fingerprint
    ON CONFLICT (fingerprint) DO UPDATE SET
        first_seen = least(g.first_seen, EXCLUDED.first_seen),
        last_seen = greatest(g.last_seen, EXCLUDED.last_seen),
        count = g.count + EXCLUDED.count,
        state = CASE WHEN {_AGAIN} THEN 'open' ELSE g.state END,
        reopened_at = CASE WHEN {_AGAIN} THEN EXCLUDED.last_seen ELSE g.reopened_at END,
        reopened_by_id = CASE WHEN {_AGAIN} THEN NULL ELSE g.reopened_by_id END,
        reopened = g.reopened + CASE WHEN {_AGAIN} THEN 1 ELSE 0 END
), error_counted AS ({_add("telemetry_error_count", COUNT_KEY, "error_counts")}
), violation_counted AS ({_add("telemetry_violation", VIOLATION_KEY, "violation_counts")}
)"""


def without_empty(taken: str) -> Iterator[str]:
    """Statements that delete what counts nothing any more of what the relation *taken* was taken out of.

    A group goes too, unless somebody decided or wrote something about it.
    """
    for table, words in (("telemetry_error_count", "fingerprint"), ("telemetry_violation", "series_id")):
        steps = " UNION ".join(
            f"SELECT {seconds} AS resolution_s, {_bucket('start_time', seconds)} AS bucket, series_id, "
            f"fingerprint FROM {taken} taken"
            for seconds in RESOLUTIONS_S
        )
        yield (
            f"DELETE FROM {table} c USING ({steps}) t WHERE c.resolution_s = t.resolution_s AND "
            f"c.bucket = t.bucket AND c.series_id = t.series_id AND c.{words} = t.{words} AND c.count = 0"
        )
    yield (
        f"DELETE FROM telemetry_error_group g USING {taken} t WHERE g.fingerprint = t.fingerprint "
        "AND g.count = 0 AND g.state = 'open' AND g.comment = '' AND g.reopened_at IS NULL"
    )


def _bucket(moment: str, seconds: int) -> str:
    return f"date_bin('{seconds} seconds', {moment}, TIMESTAMPTZ '2000-01-01 00:00:00+00')"


def _resolutions(minutes: str, key: tuple[str, ...]) -> str:
    """The rows of *minutes* by minute and by hour, with the columns of *key* and ``count``."""
    hour = _bucket("bucket", 3600)
    words = ", ".join(name for name in key if name not in ("resolution_s", "bucket"))
    return f"""
    SELECT {words}, 60 AS resolution_s, bucket, count FROM {minutes}
    UNION ALL SELECT {words}, 3600, {hour}, sum(count) FROM {minutes} GROUP BY {words}, {hour}"""


def _add(table: str, key: tuple[str, ...], source: str) -> str:
    columns = ", ".join(key)
    return f"""
    INSERT INTO {table} AS c ({columns}, count) SELECT {columns}, count FROM {source} ORDER BY {columns}
    ON CONFLICT ({columns}) DO UPDATE SET count = c.count + EXCLUDED.count"""
