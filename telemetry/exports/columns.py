"""The columns of an exported span, for every format that has columns: their names, kinds and values. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from telemetry.exports.formats import Exported
from telemetry.exports.otlp_json import start_ns

# As OTLP numbers them.
KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")


class Kind(Enum):
    """What a column holds. WORD: text of which few are different. JSON: text that is JSON, or None."""

    TEXT = auto()
    WORD = auto()
    JSON = auto()
    SMALL = auto()
    INTEGER = auto()
    FLOAT = auto()
    MONEY = auto()
    TIME_NS = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """``read`` gives the value of one span: an int (for a time, nanoseconds since 1970), float, text or None."""

    name: str
    kind: Kind
    read: Callable[[Exported], Any]


def columns(*, with_payloads: bool) -> tuple[Column, ...]:
    return (*SPAN, *PAYLOAD) if with_payloads else SPAN


def hex16(span_id: int | None) -> str | None:
    """A span's id as OpenTelemetry writes it; stored as a signed number."""
    return None if span_id is None else f"{span_id & 0xFFFFFFFFFFFFFFFF:016x}"


def as_json(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None


def word_of(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else str(number)


def _of_span(kind: Kind, name: str) -> Column:
    return Column(name, kind, lambda exported: getattr(exported[0], name))


def _of_payload(name: str) -> Column:
    return Column(name, Kind.TEXT, lambda exported: getattr(exported[1], name) if exported[1] else None)


SPAN = (
    Column("trace_id", Kind.TEXT, lambda exported: exported[0].trace_id.hex),
    Column("span_id", Kind.TEXT, lambda exported: hex16(exported[0].span_id)),
    Column("parent_span_id", Kind.TEXT, lambda exported: hex16(exported[0].parent_span_id)),
    Column("start_time", Kind.TIME_NS, lambda exported: start_ns(exported[0].start_time, exported[0].start_ns)),
    _of_span(Kind.FLOAT, "duration_ms"),
    _of_span(Kind.WORD, "name"),
    Column("kind", Kind.WORD, lambda exported: word_of(KINDS, exported[0].kind)),
    Column("status", Kind.WORD, lambda exported: word_of(STATUSES, exported[0].status)),
    *(_of_span(Kind.WORD, name) for name in ("operation", "outcome", "tool", "provider", "model")),
    *(_of_span(Kind.WORD, name) for name in ("prompt_version", "caller_role", "agent", "service", "api_key")),
    _of_span(Kind.WORD, "origin"),
    _of_span(Kind.TEXT, "session_id"),
    _of_span(Kind.TEXT, "tool_call_id"),
    _of_span(Kind.WORD, "error_type"),
    _of_span(Kind.TEXT, "error_message"),
    _of_span(Kind.SMALL, "attempts"),
    _of_span(Kind.SMALL, "weight"),
    _of_span(Kind.INTEGER, "input_tokens"),
    _of_span(Kind.INTEGER, "output_tokens"),
    _of_span(Kind.MONEY, "cost_usd"),
    Column("attributes", Kind.JSON, lambda exported: as_json(exported[0].attributes)),
    Column("events", Kind.JSON, lambda exported: as_json(exported[0].events)),
    Column("links", Kind.JSON, lambda exported: as_json(exported[0].links)),
)
PAYLOAD = tuple(_of_payload(name) for name in ("arguments", "result", "messages"))
