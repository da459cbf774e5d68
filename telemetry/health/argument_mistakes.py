"""Which arguments of which tools models get wrong with one version of a prompt, from the newest calls of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from telemetry.database.replica import reader
from telemetry.search.guard import guarded
from telemetry.semconv import OPERATION_EXECUTE_TOOL, REFUSED, VIOLATIONS, Origin, Outcome

LOOKBACK = timedelta(days=7)
MOST, MOST_MS = 20_000, 5_000
SERIES = f"""
SELECT id FROM telemetry_series
WHERE prompt_version = %s AND operation = '{OPERATION_EXECUTE_TOOL}' AND origin = '{Origin.OWN}'"""
# Calls by tool and model; and of those with bad arguments, how many broke what. A call counts once a violation.
COUNTS = f"""
WITH calls AS (
    SELECT s.series_id, s.outcome, s.weight,
        coalesce(s.attributes -> '{VIOLATIONS}', a.attributes -> '{VIOLATIONS}') AS violations
    FROM telemetry_span s LEFT JOIN telemetry_attribute_set a ON a.id = s.attribute_set_id
    WHERE s.start_time >= %(start)s AND s.start_time <= %(end)s AND s.series_id = ANY (%(series)s)
        AND s.outcome <> ALL (%(refused)s)
    ORDER BY s.start_time DESC LIMIT %(most)s
)
SELECT k.tool, k.model, broke.item, sum(calls.weight)
FROM calls JOIN telemetry_series k ON k.id = calls.series_id
CROSS JOIN LATERAL (
    SELECT '' AS item
    UNION ALL
    SELECT jsonb_array_elements_text(
        CASE WHEN calls.outcome = '{Outcome.ARGUMENTS}' AND jsonb_typeof(calls.violations) = 'array'
        THEN calls.violations ELSE '[]' END)
) broke
GROUP BY 1, 2, 3"""


class Counted(NamedTuple):
    """Calls of *tool* that *model* asked for; ``violation`` is what was broken ("name: missing"), '' for all."""

    tool: str
    model: str
    violation: str
    calls: int


def counted(prompt_version: str, now: datetime) -> Sequence[Counted]:
    """Of the newest calls of a week, MOST at most. Two queries; ``settings.ARGUMENT_MISTAKES`` names it.

    Raises SearchTooExpensive where it takes too long.
    """
    with guarded(MOST_MS), reader().cursor() as cursor:
        cursor.execute(SERIES, [prompt_version])
        series = [row[0] for row in cursor.fetchall()]
        if not series:
            return []
        refused = [str(each) for each in REFUSED]
        asked: dict[str, Any] = {"start": now - LOOKBACK, "end": now, "series": series, "most": MOST}
        cursor.execute(COUNTS, asked | {"refused": refused})
        return [Counted(tool, model, item, int(calls)) for tool, model, item, calls in cursor.fetchall()]
