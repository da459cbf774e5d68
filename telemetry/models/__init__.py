"""Spans, what repeats in them, their payloads and their rollups."""

from telemetry.models.dictionaries import AttributeSet, Series, Source
from telemetry.models.recorders import Heartbeat, IngestMinute, Recorder
from telemetry.models.rollups import Rollup, ToolRollup
from telemetry.models.spans import Span, SpanPayload

__all__ = [
    "AttributeSet",
    "Heartbeat",
    "IngestMinute",
    "Recorder",
    "Rollup",
    "Series",
    "Source",
    "Span",
    "SpanPayload",
    "ToolRollup",
]
