"""Rows for tests: say only what matters."""

import uuid
from datetime import UTC, datetime, timedelta

from telemetry.rows import SpanRow

NOON = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=12)


def make_row(**changes):
    values = {
        "start_time": NOON,
        "trace_id": uuid.uuid4(),
        "span_id": 1,
        "name": "execute_tool crm",
        "duration_ms": 12.5,
        "tool": "crm",
        "outcome": "first_try",
        "operation": "execute_tool",
    }
    return SpanRow(**values | changes)
