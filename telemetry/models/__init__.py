"""Spans, what repeats in them, their payloads and their rollups."""

from telemetry.models.dictionaries import AttributeSet, Series, Source
from telemetry.models.recorders import Heartbeat, IngestMinute, Recorder
from telemetry.models.rollups import EndedCalls, Rollup, ToolRollup
from telemetry.models.spans import Span, SpanPayload
from telemetry.models.witnesses import Witness

__all__ = [
    "AttributeSet",
    "EndedCalls",
    "Heartbeat",
    "IngestMinute",
    "Recorder",
    "Rollup",
    "Series",
    "Source",
    "Span",
    "SpanPayload",
    "ToolRollup",
    "Witness",
]
