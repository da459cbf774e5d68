"""The tool calls that a chat asks for, where it says so elsewhere than in its output messages. Pure.

The Vercel AI SDK has an attribute for them, OpenInference and OpenLLMetry one for each part of each, others
an event. What of them the output does not name is added to it: who reads a stored chat finds all in one place.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from telemetry import semconv as sc
from telemetry.values.texts import TEXT_CHARS, as_text

# Under which a chat's output names the calls that it asks for: in JSON, in a text of it, or in Python's words.
IDS = (
    *("id", "ID", "call_id", "callId", "tool_call_id", "toolCallId", "tool_use_id", "toolUseId"),
    *("function_call_id", "functionCallId"),
)
NAMED = r"""(?<!\w)(?:{keys})\\*["']?\s*[:=]\s*\\*["']{id}\\*["']"""
_KEYS = "|".join(IDS)
_ANY = re.compile(NAMED.format(keys=_KEYS, id=rf"""([^"'\\]{{1,{TEXT_CHARS}}})"""))
# What holds nothing but calls, and what else may hold some. Attributes of inputs name calls of earlier turns.
CALLS = "ai.response.toolCalls"
OUTPUTS = frozenset({sc.OUTPUT_MESSAGES, "gen_ai.completion", "traceloop.entity.output", "output.value"})
# One id of those that are flattened: `gen_ai.completion.0.tool_calls.0.id`.
_FLAT = re.compile(
    r"((?:llm\.output_messages|llm\.completions|gen_ai\.completion)\.\d+\."
    r"(?:.+\.)?(?:tool_calls|function_call)\.(?:.+\.)?)id"
)
# Of an event, the attributes with what the model said.
EVENTS = {
    "gen_ai.choice": ("message", "tool_calls", "content", "gen_ai.event.content"),
    "gen_ai.content.completion": ("gen_ai.completion",),
    "gen_ai.client.inference.operation.details": (sc.OUTPUT_MESSAGES,),
}
# Below these stand calls; elsewhere one is told by the name of its tool, as answers and messages have ids, too.
_OF_CALLS = frozenset(
    {
        *("tool_calls", "toolCalls", "tool_call", "toolCall", "tool_use", "toolUse"),
        *("function_call", "functionCall", "function_calls", "functionCalls", CALLS),
    }
)
_TOOLS = ("name", "toolName", "tool_name")
# No answer asks for more at once; and none is that deep, JSON within JSON counted.
MOST_CALLS, MOST_DEEP = 128, 24


class Place(NamedTuple):
    """An attribute that may name calls; of a flattened id also which one names its tool, if one does."""

    attribute: str
    is_id: bool = False
    tool: str = ""


def places_in(names: Iterable[str], output: str | None) -> tuple[Place, ...]:
    """Where attributes of these *names* may name calls beside *output*, which holds the output messages."""
    there = tuple(names)
    found = [Place(name) for name in there if name == CALLS or (name in OUTPUTS and name != output)]
    for name in there:
        if name.endswith("id") and (flat := _FLAT.fullmatch(name)):
            tools = (flat[1] + "name", flat[1] + "function.name")
            found.append(Place(name, True, next((tool for tool in tools if tool in there), "")))
    return tuple(found)


def with_asked(
    output: Any, attributes: Mapping[str, Any], places: Iterable[Place], events: Iterable[tuple[str, int, Any]]
) -> Any:
    """The messages of *output*, and one more with the calls that the others name and it does not; else itself."""
    asked = dict(islice(_asked(attributes, places, events), MOST_CALLS))
    if not asked:
        return output
    text = "" if output is None else as_text(output)
    parts = [
        {"type": "tool_call", "id": call_id, **({"name": tool} if tool else {})}
        for call_id, tool in asked.items()
        if not is_named(call_id, text)
    ]
    if not parts:
        return output
    said = _decoded(output)
    messages = said if isinstance(said, list | tuple) else [said] if said else []
    return [*messages, {"role": "assistant", "parts": parts}]


def is_named(call_id: str, text: str) -> bool:
    """Whether *text* has all of *call_id*, as an id."""
    return call_id in text and re.search(NAMED.format(keys=_KEYS, id=re.escape(call_id)), text) is not None


def _asked(
    attributes: Mapping[str, Any], places: Iterable[Place], events: Iterable[tuple[str, int, Any]]
) -> Iterator[tuple[str, str]]:
    """The ids of calls and the names of their tools."""
    for name, is_id, tool in places:
        if is_id:
            yield from _call(attributes[name], attributes.get(tool))
        else:
            yield from _within(attributes[name], is_call=name in _OF_CALLS)
    for event, _, said in events:
        for name in EVENTS.get(event, ()):
            if name in said:
                yield from _within(said[name], is_call=name in _OF_CALLS)


def _within(value: Any, *, is_call: bool, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The calls in *value*, which is one or holds nothing else where *is_call*."""
    value = _decoded(value)
    if depth > MOST_DEEP:
        return
    if isinstance(value, list | tuple):
        for each in value:
            yield from _within(each, is_call=is_call, depth=depth + 1)
    elif isinstance(value, Mapping):
        tool = _tool(value)
        if is_call or tool:
            yield from (found for key in IDS for found in _call(value.get(key), tool))
        for key, each in value.items():
            yield from _within(each, is_call=key in _OF_CALLS, depth=depth + 1)
    elif isinstance(value, str) and value[:1] in ("[", "{"):
        # Its middle was left out, or Python wrote it.
        yield from ((call_id, "") for call_id in _ANY.findall(value))


def _tool(said: Mapping[str, Any]) -> Any:
    """The name of a tool, where what is *said* names one."""
    function = said.get("function")
    named = next((said[name] for name in _TOOLS if said.get(name)), None)
    return named or (function.get("name") if isinstance(function, Mapping) else None)


def _call(call_id: Any, tool: Any) -> Iterator[tuple[str, str]]:
    if isinstance(call_id, str) and 0 < len(call_id) <= TEXT_CHARS:
        yield call_id, tool[:TEXT_CHARS] if isinstance(tool, str) else ""


def _decoded(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value
