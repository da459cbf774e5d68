"""Rows for tests: say only what matters."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from telemetry.counts import histogram
from telemetry.errors import grouping
from telemetry.spans.rows import SeriesKey, SpanRow

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
    row = SpanRow(series=SeriesKey(**words), **values)
    return row if "fingerprint" in values else replace(row, fingerprint=group_of(row))


def group_of(row):
    """The group that a row built from such a span has."""
    ending = {name: getattr(row, name) for name in ("status", "outcome", "error_type", "error_message")}
    return grouping.group_of(row.series.tool, row.name, ending)


def histogram_of(durations_ms):
    """Counted by plain Python."""
    counts = [0] * (histogram.bucket(max(durations_ms)) + 1)
    for duration_ms in durations_ms:
        counts[histogram.bucket(duration_ms)] += 1
    return histogram.Histogram(counts, min(durations_ms), max(durations_ms))
