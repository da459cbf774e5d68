"""Which attribute says what: found out once for each set of attribute names, not for each span.

Instrumentations write the same names again and again. A ``Plan`` tells, for one such set, which name of
whichever vocabulary (``telemetry.spans.dialects``) fills which field, and which attributes are kept as they are.
Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from telemetry import semconv as sc
from telemetry.spans import dialects
from telemetry.spans.asked_calls import Place, places_in
from telemetry.values.texts import MAX_ATTRIBUTES, TEXT_CHARS, clean

# Sets of names remembered. A sender whose names never repeat only makes its own spans slower.
PLANS = 2_048


class Said(NamedTuple):
    """What the attributes of a span say, in whatever words; None where nothing does."""

    tool: Any
    provider: Any
    model: Any
    response_model: Any
    prompt_version: Any
    caller_role: Any
    agent: Any
    api_key: Any
    session_id: Any
    tool_call_id: Any
    input_tokens: Any
    output_tokens: Any
    cache_read_tokens: Any
    cache_write_tokens: Any
    reasoning_tokens: Any
    arguments: Any
    result: Any
    input_messages: Any
    output_messages: Any
    error_type: Any
    error_message: Any
    outcome: Any
    attempts: Any
    cache: Any
    entity: Any


_NOTHING: list[Any] = [None] * len(Said._fields)
# By which name of ours each field of Said is said.
NAMES: dict[str, str] = {
    "tool": sc.TOOL_NAME,
    "provider": sc.PROVIDER_NAME,
    "model": sc.REQUEST_MODEL,
    "response_model": sc.RESPONSE_MODEL,
    "prompt_version": sc.PROMPT_VERSION,
    "caller_role": sc.CALLER_ROLE,
    "agent": sc.AGENT_NAME,
    "api_key": sc.API_KEY_NAME,
    "session_id": sc.CONVERSATION_ID,
    "tool_call_id": sc.TOOL_CALL_ID,
    "input_tokens": sc.INPUT_TOKENS,
    "output_tokens": sc.OUTPUT_TOKENS,
    "cache_read_tokens": sc.CACHE_READ_TOKENS,
    "cache_write_tokens": sc.CACHE_WRITE_TOKENS,
    "reasoning_tokens": sc.REASONING_TOKENS,
    "arguments": sc.TOOL_CALL_ARGUMENTS,
    "result": sc.TOOL_CALL_RESULT,
    "input_messages": sc.INPUT_MESSAGES,
    "output_messages": sc.OUTPUT_MESSAGES,
    "error_type": sc.ERROR_TYPE,
    "error_message": sc.ERROR_MESSAGE,
    "outcome": sc.OUTCOME,
    "attempts": sc.ATTEMPTS,
    "cache": sc.CACHE,
    "entity": dialects.ENTITY,
}
# Attributes that a column or a payload holds and that are not kept a second time.
IN_COLUMNS = frozenset(
    {
        *(sc.OPERATION_NAME, sc.TOOL_NAME, sc.PROVIDER_NAME, sc.PROMPT_VERSION, sc.CALLER_ROLE, sc.AGENT_NAME),
        sc.API_KEY_NAME,
        *(sc.CONVERSATION_ID, sc.TOOL_CALL_ID, sc.REQUEST_MODEL, sc.INPUT_TOKENS, sc.OUTPUT_TOKENS),
        *(sc.OUTCOME, sc.ATTEMPTS, sc.ERROR_TYPE, sc.ERROR_MESSAGE),
    }
)
# Kept under our name however many attributes there are: they decide what a call costs (`telemetry.cost.spans`).
PRICING = (sc.RESPONSE_MODEL, sc.COST_USD, sc.BILLED_USD, dialects.VERCEL_OPERATION)
# Fields whose attribute, by whatever name, is kept as a payload.
PAYLOADS = frozenset({"arguments", "result", "input_messages", "output_messages"})


@dataclass(frozen=True, slots=True)
class Reading:
    """The attribute that fills each field of Said, and those kept: their names as sent and as stored."""

    there: tuple[tuple[int, str], ...]  # the place of the field, and the attribute
    kept: tuple[tuple[str, str], ...]
    asked: tuple[Place, ...] = ()  # where it may name calls that it asks for, beside its output messages

    def said(self, attributes: Mapping[str, Any]) -> Said:
        """What the *attributes* say."""
        values = _NOTHING.copy()
        for place, name in self.there:
            values[place] = attributes[name]
        return Said._make(values)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the attributes of spans with one set of names are read."""

    of_tool: Reading
    of_other: Reading
    of_embedding: Reading
    kinds: tuple[tuple[str, Mapping[str, str]], ...]

    def reading(self, operation: str) -> Reading:
        """How spans of this *operation* are read."""
        if dialects.is_of_tool(operation):
            return self.of_tool
        return self.of_embedding if operation == dialects.EMBEDDINGS else self.of_other

    def operation(self, attributes: Mapping[str, Any]) -> str:
        """What the span does, by the conventions' name; empty if nothing tells."""
        for name, operations in self.kinds:
            value = attributes[name]
            if value is None or value == "":
                continue
            text = str(value)
            if found := operations.get(text.lower()):
                return found
            if name == sc.OPERATION_NAME:
                return text if attributes.get(sc.TOOL_NAME) not in dialects.NO_TOOLS else dialects.INVOKE_WORKFLOW
        return ""


@lru_cache(PLANS)
def plan_of(names: tuple[str, ...]) -> Plan:
    """The plan for attributes of these *names*."""
    there = frozenset(names)
    of_other = of_embedding = _reading(names, there, dialects.OTHER_VALUES, dialects.ONLY_OF_TOOLS)
    if not there.isdisjoint(dialects.TOTAL_TOKENS):
        of_embedding = _reading(names, there, dialects.EMBEDDING_VALUES, dialects.ONLY_OF_TOOLS)
    return Plan(
        of_tool=_reading(names, there, _tool_values(there)),
        of_other=of_other,
        of_embedding=of_embedding,
        kinds=tuple((name, operations) for name, operations in dialects.OPERATIONS.items() if name in there),
    )


def _tool_values(there: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    if dialects.LOGFIRE not in there:
        return dialects.TOOL_VALUES
    names = (*dialects.TOOL_VALUES, *dialects.LOGFIRE_TOOL)
    return {name: (*dialects.TOOL_VALUES.get(name, ()), *dialects.LOGFIRE_TOOL.get(name, ())) for name in names}


def _reading(
    names: tuple[str, ...],
    there: frozenset[str],
    values: Mapping[str, tuple[str, ...]],
    not_said: tuple[str, ...] = (),
) -> Reading:
    sources = {
        field: None
        if name in not_said
        else _first((name, *dialects.ALIASES.get(name, ()), *values.get(name, ())), there)
        for field, name in NAMES.items()
    }
    for messages, payload in (("input_messages", "arguments"), ("output_messages", "result")):
        if sources[messages] is not None and sources[messages] == sources[payload]:
            sources[messages] = None
    elsewhere = IN_COLUMNS - {*not_said} | {sources[field] for field in PAYLOADS}
    kept = [name for name in names if name not in elsewhere]
    as_sent = {name: clean(name, TEXT_CHARS) for name in kept[:MAX_ATTRIBUTES]}
    pricing = {name: _first((name, *dialects.ALIASES.get(name, ())), there) for name in PRICING}
    return Reading(
        there=tuple((place, name) for place, name in enumerate(sources.values()) if name is not None),
        kept=(
            *as_sent.items(),
            *((source, name) for name, source in pricing.items() if source and name not in as_sent),
        ),
        asked=places_in(names, sources["output_messages"]) if not_said else (),
    )


def _first(names: Iterable[str], there: frozenset[str]) -> str | None:
    return next((name for name in names if name in there), None)
