"""One span as it is stored, and how a finished span becomes one."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRow:
    """One row to store: the columns of ``telemetry.models.Span`` and of its ``SpanPayload``."""

    start_time: datetime
    trace_id: uuid.UUID
    span_id: int  # signed 64 bits
    name: str
    duration_ms: float
    parent_span_id: int | None = None
    kind: int = 1
    status: int = 0
    attempts: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    operation: str = ""
    outcome: str = ""
    tool: str = ""
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    caller_role: str = ""
    session_id: str = ""
    tool_call_id: str = ""
    error_type: str = ""
    error_message: str = ""
    agent: str = ""
    service: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[Mapping[str, Any]] = ()
    arguments: str = ""
    result: str = ""
    messages: str = ""
