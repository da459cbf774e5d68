"""What models were asked with one version of a prompt, what they answered, and what the calls in it came to.

Redacted and cut, as payloads are stored. Only what this installation saw itself: whoever may send spans could
have prompts written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from telemetry.database.replica import reader
from telemetry.search.errors import SearchTooExpensive
from telemetry.search.guard import guarded
from telemetry.semconv import OPERATION_CHAT, OPERATION_EXECUTE_TOOL, PROMPT_VARIANT, Origin

MOST, MOST_MS = 2_000, 10_000
SERIES = f"""
SELECT id FROM telemetry_series
WHERE prompt_version = %s AND operation = '{OPERATION_CHAT}' AND origin = '{Origin.OWN}'"""
# A turn's model calls stand below one span; one that stands alone is a turn of its own.
CHATS = f"""
SELECT s.trace_id::text || ':' || coalesce(s.parent_span_id, s.span_id), s.trace_id::text,
    coalesce(s.attributes ->> '{PROMPT_VARIANT}', a.attributes ->> '{PROMPT_VARIANT}', ''),
    coalesce(p.messages, '')
FROM telemetry_span s
LEFT JOIN telemetry_attribute_set a ON a.id = s.attribute_set_id
LEFT JOIN telemetry_span_payload p
    ON p.start_time = s.start_time AND p.trace_id = s.trace_id AND p.span_id = s.span_id
WHERE s.start_time >= %(start)s AND s.start_time <= %(end)s AND s.series_id = ANY (%(series)s) AND s.status <> 2
ORDER BY s.start_time DESC, s.span_id LIMIT %(most)s"""
CALLS = f"""
SELECT s.trace_id::text, s.tool_call_id, k.tool, s.outcome, coalesce(p.arguments, '')
FROM telemetry_span s
JOIN telemetry_series k ON k.id = s.series_id
    AND k.operation = '{OPERATION_EXECUTE_TOOL}' AND k.origin = '{Origin.OWN}'
LEFT JOIN telemetry_span_payload p
    ON p.start_time = s.start_time AND p.trace_id = s.trace_id AND p.span_id = s.span_id
WHERE s.trace_id = ANY (%(traces)s::uuid[]) AND s.tool_call_id <> ''
    AND s.start_time >= %(start)s AND s.start_time <= %(end)s"""


class Chat(NamedTuple):
    """A model call that was answered; *turn* is that of all its rounds, *messages* JSON of both sides or ''."""

    turn: str
    trace: str
    variant: str
    messages: str


class Called(NamedTuple):
    """A call of a tool in *trace*, by the id that the model's answer has it under; *arguments* are JSON or ''."""

    trace: str
    call_id: str
    tool: str
    outcome: str
    arguments: str


class Recorded(NamedTuple):
    """Model calls in their order, and the calls of tools in the same traces."""

    chats: Sequence[Chat]
    calls: Sequence[Called]


def recorded(prompt_version: str, start: datetime, end: datetime) -> Recorded:
    """The newest from *start* to *end*, MOST at most. Three queries; ``settings.RECORDED_CALLS`` names it.

    Raises TimeoutError where it takes too long.
    """
    try:
        with guarded(MOST_MS), reader().cursor() as cursor:
            cursor.execute(SERIES, [prompt_version])
            series = [row[0] for row in cursor.fetchall()]
            if not series:
                return Recorded((), ())
            cursor.execute(CHATS, {"start": start, "end": end, "series": series, "most": MOST})
            chats = [Chat(*row) for row in reversed(cursor.fetchall())]
            traces = sorted({chat.trace for chat in chats})
            cursor.execute(CALLS, {"traces": traces, "start": start, "end": end})
            return Recorded(chats, [Called(*row) for row in cursor.fetchall()])
    except SearchTooExpensive:
        raise TimeoutError(f"The calls of {prompt_version} could not be read in {MOST_MS / 1000:g} s.") from None
