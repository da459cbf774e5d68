"""A call as a plain object: a name and arguments, under any of the keys that models use. Both have to be there."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.names import Known, is_known, schema_of, tool_name
from tools.llm.parsing.objects.base import Native
from tools.llm.parsing.parsed import Draft

_ARGUMENTS = ("arguments", "parameters", "args", "params")
_MORE = (*_ARGUMENTS, "input", "tool_input", "tool_args", "tool_arguments", "payload", "kwargs")
# The first pair that is there wins.
_KEYS = [
    ("name", _ARGUMENTS),
    ("tool_name", _MORE),
    ("toolName", _MORE),
    ("tool", _MORE),
    ("recipient_name", _ARGUMENTS),
    ("function", _MORE),
    ("function_name", _MORE),
    ("action", ("action_input",)),
]
# A name under these says by itself that a tool is meant.
_ALONE = ("tool_name", "toolName", "tool", "function_name")
_IDS = ("id", "call_id", "tool_call_id", "toolCallId")


def plain(value: Mapping[str, Any]) -> Native | None:
    for name_key, argument_keys in _KEYS:
        if name_key not in value or isinstance(value[name_key], Mapping):
            continue
        for key in argument_keys:
            if key in value and not is_definition(value, value[key]):
                return Native([Draft(value[name_key], value[key], "json", _id_of(value))])
    return None


def named_alone(value: Any, known: Known) -> Native | None:
    """``{"tool_name": "lookup"}``, where there is a tool of that name that needs no arguments."""
    if known is None or not isinstance(value, Mapping) or not value.keys() <= {*_ALONE, *_IDS, "type"}:
        return None
    names = [value[key] for key in _ALONE if isinstance(value.get(key), str)]
    named = tool_name(names[0], known) if len(names) == 1 else None
    if named is None or not is_known(named[0], known) or (schema_of(named[0], known) or {}).get("required"):
        return None
    return Native([Draft(names[0], None, "json", _id_of(value))])


def _id_of(value: Mapping[str, Any]) -> Any:
    return next((value[name] for name in _IDS if value.get(name)), "")


def is_definition(value: Mapping[str, Any], parameters: Any) -> bool:
    """True for the description of a tool, which models quote: its parameters are a JSON Schema."""
    if not isinstance(parameters, Mapping):
        return False
    has_properties = isinstance(parameters.get("properties"), Mapping)
    return has_properties and (parameters.get("type") == "object" or "description" in value)
