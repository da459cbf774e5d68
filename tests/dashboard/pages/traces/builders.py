"""Spans for the tests of traces: say only what matters; times in milliseconds from a fixed moment."""

from dashboard.pages.traces.spans import Attempt, TraceSpan

START_NS = 1_790_000_000_000_000_000
MS = 1_000_000


def span(number, parent=None, start_ms=0.0, took_ms=10.0, **changes):
    return TraceSpan(
        span_id=number,
        parent_id=parent,
        start_ns=START_NS + int(start_ms * MS),
        duration_ns=int(took_ms * MS),
        **{"name": f"span {number}"} | changes,
    )


def attempt(number, ended_ms, took_ms, delay_ms=0.0, **changes):
    return Attempt(
        number=number,
        end_ns=START_NS + int(ended_ms * MS),
        duration_ns=int(took_ms * MS),
        delay_ns=int(delay_ms * MS),
        **changes,
    )
