"""What a tool got and gave, out of what its framework wrapped it in. Pure.

LangChain writes a tool's result as the message that carries it (``{"output": {"kwargs": {"content": "{…}"}}}``),
Anthropic and Strands as a block of such a message, Traceloop arguments as ``{"input_str": …, "inputs": {…}}``.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from telemetry.values import python_literals

# Wrappings in wrappings, and JSON text in JSON text.
MAX_LAYERS = 8
_CALL_IDS = ("tool_call_id", "toolUseId", "tool_use_id")
_JSON = ("{", "[", '"')
# Objects as Python writes them, and the models that carry a result there: messages of LangChain, results of MCP.
_LITERAL = re.compile(r"\s*+(?:\{\s*+['\"]|(?:(?:Tool|AI)Message|CallToolResult)\(\w+=|meta=[N{]|content=['\"\[])")
_STRANDS = frozenset({"status", "content"})
# The parts of what LangChain writes of an object, and of a message with a tool's result. What has the id of a call
# is a message whatever else it has.
_OF_A_CONSTRUCTOR = frozenset({"lc", "type", "id", "kwargs", "graph"})
_OF_A_MESSAGE = frozenset(
    {
        "content",
        "status",
        "name",
        "id",
        "type",
        "tool_call_id",
        "artifact",
        "additional_kwargs",
        "response_metadata",
    }
)
_OF_A_TEXT = frozenset({"text", "type", "annotations", "meta", "_meta", "id"})
_OF_TRACELOOP = frozenset({"input_str", "tags", "metadata", "inputs", "kwargs"})


class Opened(NamedTuple):
    """A tool's result: as it is stored, as JSON, and what was written on the message that carried it."""

    value: Any
    parsed: Any
    tool: str = ""
    call_id: str = ""
    is_error: bool = False


def is_plain(sent: Any) -> bool:
    """Whether the result *sent* neither is wrapped nor tells of a failure: most are so, and need not be read."""
    return sent is None or (
        type(sent) is str
        and not ("rror" in sent or "success" in sent or "tool_call_id" in sent)
        and not ("tool_use_id" in sent or "toolUseId" in sent)
    )


def opened(sent: Any) -> Opened:
    """The result *sent*, out of the message that carried it; without one it is stored as it was sent."""
    if is_plain(sent):
        return Opened(sent, sent)
    value = kept = sent
    tool = call_id = ""
    is_error = is_message = is_carried = False
    for _ in range(MAX_LAYERS):
        inside = _parsed(value) if isinstance(value, str) else _inside(value, is_message=is_message)
        if inside is None:
            break
        if isinstance(value, Mapping):
            is_error = is_error or value.get("is_error") is True or value.get("status") == "error"
            if (found := _call_id(value)) or is_message:
                tool, call_id = _word(value.get("name")), found
                is_carried = bool(found) or value.keys() <= _OF_A_MESSAGE
                kept = inside if is_carried else kept
        elif kept is value and is_carried:
            kept = inside if isinstance(value, list) else kept
        is_message = _is_message(inside, value)
        value = inside
    return Opened(sent if _says_more(sent) else kept, value, tool, call_id, is_error)


def arguments(sent: Any) -> Any:
    """The arguments *sent*, out of what Traceloop (LangChain) and OpenInference (smolagents) wrap them in."""
    if type(sent) is not str or not (
        '"input_str"' in sent or '"sanitize_inputs_outputs"' in sent or sent.startswith('{"args":["')
    ):
        return sent
    match _parsed(sent):
        case {"args": [str() as only], **rest} if not rest:
            return only
        case {"input_str": str() as text, **rest} if rest.keys() <= _OF_TRACELOOP:
            return rest.get("inputs") or text
        case {"args": [], "sanitize_inputs_outputs": bool(), "kwargs": {} as given}:
            return given
    return sent


def _is_message(inside: Any, wrapping: Any) -> bool:
    """Whether *inside* is a message of LangChain, though it may have no id, by itself or by what it was in."""
    if not isinstance(inside, Mapping) or "content" not in inside:
        return False
    names = wrapping if isinstance(wrapping, Mapping) else ()
    is_of_tool = "kwargs" in names or "data" in names or inside.get("type") == "tool"
    has_status = inside.get("status") in ("success", "error")
    if inside.keys() <= _OF_A_MESSAGE:
        return "lc" in names or (is_of_tool and has_status)
    return "lc" in names and has_status


def _inside(value: Any, *, is_message: bool) -> Any:
    """What a wrapping holds; None where *value* is none. *is_message*: what it was in says that it is one."""
    if isinstance(value, Mapping):
        return value["content"] if is_message else _inside_mapping(value)
    match value:
        case [{"tool_use_id": _} | {"toolResult": {}} as block]:
            return block
        case [{"text": str() as text} as block] if block.keys() <= _OF_A_TEXT:
            return text
    return None


def _inside_mapping(value: Mapping[str, Any]) -> Any:
    if "content" in value and (_call_id(value) or (value.keys() <= _STRANDS and _is_list(value["content"]))):
        return value["content"]
    match value:
        case (
            {"toolResult": {} as inside}
            | {"lc": _, "kwargs": {} as inside}
            | {"type": "tool", "data": {} as inside}
        ):
            return inside
        case {"kwargs": {"content": _} as inside, **rest} if rest.keys() <= _OF_A_CONSTRUCTOR:
            return inside
        case {"output": inside, **rest} if inside and rest.keys() <= {"kwargs"}:
            return inside
    return None


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _call_id(value: Mapping[str, Any]) -> str:
    return next((found for name in _CALL_IDS if (found := _word(value.get(name)))), "")


def _says_more(sent: Any) -> bool:
    """Whether a message of LangChain holds something beside the result for the model, an artifact."""
    if not isinstance(sent, str) or "artifact" not in sent:
        return False
    if "artifact=" in sent:
        return "artifact=None" not in sent
    if '"artifact"' not in sent:
        return False
    return '"artifact": null' not in sent and '"artifact":null' not in sent


def _parsed(text: str) -> Any:
    """*text* as JSON where it is an object, a list, or such a text within a text; an object also as Python's."""
    if _LITERAL.match(text) and not text.lstrip().startswith("{"):
        return python_literals.read(text)
    if not text.lstrip().startswith(_JSON):
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return python_literals.read(text) if _LITERAL.match(text) else None
    return found if not isinstance(found, str) or found.startswith(_JSON) or _LITERAL.match(found) else None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
