"""Spans for those who may not see what went in and out of calls: their arguments, results and messages.

These are stored apart, and simply not read. What is left to take out is what others noted during a span: there,
too, instrumentations write messages.
"""

from collections.abc import Mapping
from typing import Any

from telemetry.models import Span

# Events of which all attributes are known, and none is a payload: a failure's, and our own.
KNOWN_EVENTS = ("exception", "salesboost.")


def payload_free(span: Span) -> Span:
    """*span* itself, changed: its events keep names and times, and what they say only where that is known."""
    span.events = [_bare(event) for event in span.events or ()]
    return span


def _bare(event: Any) -> Any:
    if not isinstance(event, Mapping) or str(event.get("name") or "").startswith(KNOWN_EVENTS):
        return event
    return {**event, "attributes": {}}
