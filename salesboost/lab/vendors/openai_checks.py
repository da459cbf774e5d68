"""What no vendor that speaks Chat Completions takes: messages and tools that do not fit together."""

from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.openai_kinds import check_length, check_list, check_name, check_text, kind_of

MAX_CALL_ID = 40
ROLES = ("system", "assistant", "user", "function", "tool", "developer")


def check_messages(messages: Any) -> None:
    """Raises Refused for *messages* that are no conversation."""
    if messages is None:
        raise Refused(
            "Missing required parameter: 'messages'.", kind="missing_required_parameter", param="messages"
        )
    check_list(messages, "messages")
    open_ids: list[str] = []
    opened = 0
    for at, message in enumerate(messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        if role not in ROLES:
            said = ", ".join(repr(one) for one in ROLES[:-1])
            raise Refused(
                f"Invalid value: '{role}'. Supported values are: {said}, and '{ROLES[-1]}'.",
                kind="invalid_value",
                param=f"messages[{at}].role",
            )
        if role == "tool":
            _answered(message, at, open_ids, at > 0 and opened > 0)
            continue
        _closed(open_ids, opened)
        calls = message.get("tool_calls") if role == "assistant" else None
        open_ids = checked_calls(calls, f"messages[{at}].tool_calls") if calls else []
        opened = at if calls else 0
        if message.get("content") is None and not calls:
            raise Refused(
                "Invalid value for 'content': expected a string, got null.", param=f"messages.[{at}].content"
            )
    _closed(open_ids, opened)


def _answered(message: Mapping[str, Any], at: int, open_ids: list[str], is_behind_calls: bool) -> None:
    """Strike the call that *message* answers off *open_ids*."""
    call_id = message.get("tool_call_id")
    if not isinstance(call_id, str):
        raise Refused(
            f"Missing required parameter: 'messages[{at}].tool_call_id'.",
            kind="missing_required_parameter",
            param=f"messages[{at}].tool_call_id",
        )
    if call_id not in open_ids:
        raise Refused(
            f"Duplicate or unknown 'tool_call_id' of '{call_id}' in messages[{at}]."
            if is_behind_calls
            else "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
            "'tool_calls'.",
            param=f"messages.[{at}].role",
        )
    open_ids.remove(call_id)


def _closed(open_ids: Sequence[str], at: int) -> None:
    if open_ids:
        raise Refused(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. The following tool_call_ids did not have response messages: " + ", ".join(open_ids),
            param=f"messages.[{at}].role",
        )


def checked_calls(calls: Any, where: str) -> list[str]:
    """The ids of *calls*. Raises Refused for calls that are not well-formed."""
    check_list(calls, where)
    ids: list[str] = []
    for at, call in enumerate(calls):
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping):
            raise Refused(
                f"Missing required parameter: '{where}[{at}].function'.",
                kind="missing_required_parameter",
                param=f"{where}[{at}].function",
            )
        check_name(function.get("name"), f"{where}[{at}].function.name")
        check_text(function.get("arguments"), f"{where}[{at}].function.arguments")
        call_id = call.get("id")
        check_text(call_id, f"{where}[{at}].id")
        check_length(call_id, MAX_CALL_ID, f"{where}[{at}].id")
        if call_id in ids:
            raise Refused(f"Duplicate value for 'tool_call_id' of '{call_id}' in {where}[{at}].", param=where)
        ids.append(call_id)
    return ids


def check_tools(tools: Any) -> None:
    """Raises Refused for tools that are not well-formed, or not strict though they say so."""
    if tools is None:
        return
    check_list(tools, "tools")
    for at, tool in enumerate(tools):
        if not isinstance(tool, Mapping) or tool.get("type") != "function":
            continue
        function = tool.get("function")
        where = f"tools[{at}].function"
        if not isinstance(function, Mapping):
            raise Refused(
                f"Missing required parameter: '{where}'.", kind="missing_required_parameter", param=where
            )
        check_function(function, where)


def check_function(function: Mapping[str, Any], where: str) -> None:
    """Raises Refused for a function whose name or schema is not taken."""
    check_name(function.get("name"), f"{where}.name")
    schema = function.get("parameters")
    if schema is not None and not isinstance(schema, Mapping):
        raise Refused(
            f"Invalid type for '{where}.parameters': expected an object, but got {kind_of(schema)} instead.",
            kind="invalid_type",
            param=f"{where}.parameters",
        )
    if function.get("strict") and schema is not None and (why := not_strict(schema, ())):
        raise Refused(
            f"Invalid schema for function '{function['name']}': {why}",
            kind="invalid_function_parameters",
            param=f"{where}.parameters",
        )


def check_format(wanted: Any, where: str) -> None:
    """Raises Refused for a schema of the answer that says it is strict, and is not."""
    if not isinstance(wanted, Mapping) or not wanted.get("strict"):
        return
    if why := not_strict(wanted.get("schema"), ()):
        raise Refused(f"Invalid schema for response_format '{wanted.get('name')}': {why}", param=where)


def not_strict(schema: Any, context: tuple[str, ...]) -> str:
    """Why *schema* is not strict; "" where it is."""
    if not isinstance(schema, Mapping):
        return ""
    known = schema.get("properties")
    if schema.get("type") == "object" or isinstance(known, Mapping):
        if schema.get("additionalProperties") is not False:
            return f"In context={context}, 'additionalProperties' is required to be supplied and to be false."
        missing = sorted(set(known or ()) - set(schema.get("required") or ()))
        if missing:
            return (
                f"In context={context}, 'required' is required to be supplied and to be an array including every "
                f"key in properties. Missing '{missing[0]}'."
            )
    inner: list[tuple[tuple[str, ...], Any]] = [
        (("properties", name), each) for name, each in (known or {}).items()
    ]
    inner += [(("$defs", name), each) for name, each in (schema.get("$defs") or {}).items()]
    inner += [(("items",), schema.get("items"))]
    inner += [(("anyOf", str(at)), each) for at, each in enumerate(schema.get("anyOf") or ())]
    return next((why for step, each in inner if (why := not_strict(each, context + step))), "")
