"""Rows for tests: say only what matters."""

import uuid
from datetime import UTC, datetime, timedelta

from telemetry.rows import SeriesKey, SpanRow

NOON = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=12)


def make_row(**changes):
    """A tool call; *changes* are columns of the row and words of its series."""
    values = {
        "start_time": NOON,
        "trace_id": uuid.uuid4(),
        "span_id": 1,
        "duration_ms": 12.5,
        "tool": "crm",
        "outcome": "first_try",
        "operation": "execute_tool",
    } | changes
    words = {word: values.pop(word) for word in SeriesKey._fields if word in values}
    return SpanRow(series=SeriesKey(**words), **values)
