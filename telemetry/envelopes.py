"""What a tool got and gave, out of what its framework wrapped it in. Pure.

LangChain writes a tool's result as the message that carries it (``{"output": {"kwargs": {"content": "{…}"}}}``),
Anthropic and Strands as a block of such a message, Traceloop arguments as ``{"input_str": …, "inputs": {…}}``.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

# Wrappings in wrappings, and JSON text in JSON text.
MAX_LAYERS = 8
_CALL_IDS = ("tool_call_id", "toolUseId", "tool_use_id")
_JSON = ("{", "[", '"')
_STRANDS = frozenset({"status", "content"})
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
    is_error = False
    for _ in range(MAX_LAYERS):
        inside = _parsed(value) if isinstance(value, str) else _inside(value)
        if inside is None:
            break
        if isinstance(value, Mapping):
            is_error = is_error or value.get("is_error") is True or value.get("status") == "error"
            if found := _call_id(value):
                tool, call_id, kept = _word(value.get("name")), found, inside
        elif kept is value and call_id:
            kept = inside if isinstance(value, list) else kept
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


def _inside(value: Any) -> Any:
    """What a wrapping holds; None where *value* is none."""
    if isinstance(value, Mapping):
        return _inside_mapping(value)
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
        case {"output": inside, **rest} if inside and rest.keys() <= {"kwargs"}:
            return inside
    return None


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _call_id(value: Mapping[str, Any]) -> str:
    return next((found for name in _CALL_IDS if (found := _word(value.get(name)))), "")


def _says_more(sent: Any) -> bool:
    """Whether a message of LangChain holds something beside the result for the model, an artifact."""
    if not isinstance(sent, str) or '"artifact"' not in sent:
        return False
    return '"artifact": null' not in sent and '"artifact":null' not in sent


def _parsed(text: str) -> Any:
    """*text* as JSON where it is an object, a list, or such a text within a text; else None."""
    if not text.lstrip().startswith(_JSON):
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if not isinstance(found, str) or found.startswith(_JSON) else None


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""
