"""Rows as the text that Postgres' COPY reads, made in one go: psycopg's ``write_row`` costs several times as much.

Texts are without NUL (``values.texts.clean``), which therefore may stand between them while they are escaped
together. JSON holds no control characters: only its backslashes need another.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from telemetry.dictionaries.lookup import Ids
from telemetry.spans.rows import SpanRow
from telemetry.values.texts import write_json

# The order of the columns in a line: values that need no escaping, JSON, texts.
IDS = ("series_id", "source_id", "attribute_set_id")
VALUES = (
    *("start_time", "trace_id", "span_id", "start_ns", "parent_span_id", "duration_ms", "status", "attempts"),
    *("input_tokens", "output_tokens", "cost_usd", "fingerprint", *IDS),
)
JSON = ("attributes", "events", "links")
TEXTS = (
    *("outcome", "session_id", "tool_call_id", "error_type", "error_message", "arguments", "result", "messages"),
    "own_name",
)
FIELDS = (*VALUES, *JSON, *TEXTS)
NULL = "\\N"
_written = msgspec.json.Encoder(enc_hook=str).encode


def lines(rows: Sequence[SpanRow], ids: Ids) -> bytes:
    """*rows* in COPY's text format, their columns in the order of FIELDS."""
    series, sources, sets = ids.series, ids.sources, ids.attribute_sets
    return "".join(
        [
            _values(row, f"{series[row.series]}\t{sources[row.source]}\t{_number(sets.get(row.attribute_set))}")
            + _texts(row)
            for row in rows
        ]
    ).encode("utf-8", "replace")


def _values(row: SpanRow, ids: str) -> str:
    parent, given, made = row.parent_span_id, row.input_tokens, row.output_tokens
    cost, group = row.cost_usd, row.fingerprint
    return (
        f"{row.start_time}\t{row.trace_id.hex}\t{row.span_id}\t{row.start_ns}"
        f"\t{NULL if parent is None else parent}\t{row.duration_ms!r}\t{row.status}\t{row.attempts}"
        f"\t{NULL if given is None else given}\t{NULL if made is None else made}"
        f"\t{NULL if cost is None else cost}\t{NULL if group is None else group}\t{ids}"
        f"\t{_json(row.attributes)}\t{_json(row.events)}\t{_json(row.links)}\t"
    )


def _texts(row: SpanRow) -> str:
    name = row.own_name
    text = "\0".join(
        (
            *(row.outcome, row.session_id, row.tool_call_id, row.error_type, row.error_message),
            *(row.arguments, row.result, row.messages, "" if name is None else name),
        )
    )
    escaped = (
        text.replace("\\", "\\\\")
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\t", "\\t")
        .replace("\0", "\t")
    )
    return f"{escaped}{NULL if name is None else ''}\n"


def _json(value: Any) -> str:
    if not value:
        return NULL
    try:
        text = _written(value).decode()
    except UnicodeEncodeError:  # half a character
        text = write_json(value)
    return text.replace("\\", "\\\\")


def _number(value: int | None) -> str:
    return NULL if value is None else str(value)
