"""A request to the Responses API, read; what it takes only whole is checked."""

from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.asked import Asked, Tool, ToolOutput, ToolUse, Turn, schema_in
from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.openai_chat_in import forced_by, text_of
from salesboost.lab.vendors.openai_checks import check_format, check_function
from salesboost.lab.vendors.openai_kinds import check_kinds, check_list, check_name, check_text
from salesboost.lab.vendors.openai_seals import CHECK, check_sum, opened

MOVED = {
    "messages": "input",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
}


def read(vendor: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Asked:
    """What *body* asks for. Raises Refused for what the Responses API does not take."""
    check_parameters(body)
    items = items_of(body.get("input"))
    check_items(items, vendor, body["model"])
    tools, choice = tools_of(body.get("tools")), body.get("tool_choice")
    check_format((body.get("text") or {}).get("format"), "text.format")
    system, turns = conversation(items)
    most = body.get("max_output_tokens")
    return Asked(
        vendor=vendor,
        model=body["model"],
        api="responses",
        system="\n".join(one for one in (body.get("instructions"), system) if one),
        turns=turns,
        tools=() if choice == "none" else tools,
        forced=forced_by(choice, tools, bool(body.get("tools")) or choice == "auto"),
        schema=schema_in((body.get("text") or {}).get("format")),
        stream=bool(body.get("stream")),
        max_tokens=most if isinstance(most, int) else None,
        body=body,
        headers=headers,
    )


def check_parameters(body: Mapping[str, Any]) -> None:
    """Raises Refused for parameters that are missing, or that only the chat has."""
    check_text(body.get("model"), "model")
    check_kinds(body)
    for name, now in MOVED.items():
        if name in body:
            raise Refused(
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{now}'.",
                kind="unsupported_parameter",
                param=name,
            )
    if previous := body.get("previous_response_id"):
        # The lab keeps no answers: to it, every one is as one that was not stored.
        raise Refused(
            f"Previous response with id '{previous}' not found.",
            kind="previous_response_not_found",
            param="previous_response_id",
        )


def items_of(said: Any) -> list[Mapping[str, Any]]:
    """The items of an input, a bare text being one message."""
    if said is None:
        raise Refused("Missing required parameter: 'input'.", kind="missing_required_parameter", param="input")
    if isinstance(said, str):
        return [{"type": "message", "role": "user", "content": said}]
    check_list(said, "input")
    for at, item in enumerate(said):
        if not isinstance(item, Mapping):
            raise Refused(f"Invalid type for 'input[{at}]'.", kind="invalid_type", param=f"input[{at}]")
        kind = item.get("type", "message")
        if kind not in ("message", "function_call", "function_call_output", "reasoning", "item_reference"):
            raise Refused(
                f"Invalid value: '{kind}'. Supported values are: 'message', 'reasoning', 'function_call', "
                "'function_call_output', and 'item_reference'.",
                kind="invalid_value",
                param=f"input[{at}]",
            )
        if kind == "message" and item.get("role") not in ("user", "assistant", "system", "developer"):
            raise Refused(
                f"Invalid value: '{item.get('role')}'. Supported values are: 'assistant', 'system', 'developer', "
                "and 'user'.",
                kind="invalid_value",
                param=f"input[{at}].role",
            )
    return list(said)


def tools_of(tools: Any) -> list[Tool]:
    """The functions among *tools*, whose fields stand beside their type."""
    if tools is None:
        return []
    if not isinstance(tools, list):
        check_list(tools, "tools")
    functions = [
        (at, one) for at, one in enumerate(tools) if isinstance(one, Mapping) and one.get("type") == "function"
    ]
    for at, one in functions:
        check_function(one, f"tools[{at}]")
    return [Tool(one["name"], one.get("description") or "", one.get("parameters") or {}) for _, one in functions]


def check_items(items: Sequence[Mapping[str, Any]], vendor: str, model: str) -> None:
    """Raises Refused for items that lack the one they belong to, or that only another model can read."""
    check_pairs(items)
    for at, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "item_reference":
            raise not_found(str(item.get("id")))
        if kind == "reasoning":
            check_reasoning(item, vendor, model)
            if not follows(items, at):
                raise Refused(
                    f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following "
                    "item.",
                    param="input",
                )
        elif (needed := reasoning_of(item)) and not any(
            one.get("type") == "reasoning" and one.get("id") == needed for one in items[:at]
        ):
            raise Refused(
                f"Item '{item['id']}' of type '{kind}' was provided without its required 'reasoning' item: "
                f"'{needed}'.",
                param="input",
            )


def follows(items: Sequence[Mapping[str, Any]], at: int) -> bool:
    """Whether the reasoning item at *at* has behind it what was thought for."""
    after = items[at + 1] if at + 1 < len(items) else {}
    is_said = after.get("type", "message") == "message" and after.get("role") == "assistant"
    return is_said or after.get("type") in ("function_call", "reasoning")


def check_reasoning(item: Mapping[str, Any], vendor: str, model: str) -> None:
    seal, item_id = item.get("encrypted_content"), str(item.get("id"))
    if seal is None:
        body = item_id.removeprefix("rs_")
        if body[-CHECK:] != check_sum("stored", body[:-CHECK]):
            raise not_found(item_id)
    elif opened(vendor, model, seal) is None:
        raise Refused(
            f"The encrypted content {str(seal)[:8]}... could not be verified. Reason: Encrypted content could not "
            "be decrypted or parsed.",
            kind="invalid_encrypted_content",
        )


def reasoning_of(item: Mapping[str, Any]) -> str:
    """The id of the reasoning item that *item* was made with, which its own id tells; "" where there is none."""
    item_id = str(item.get("id") or "")
    shared, check = item_id.partition("_")[2][:-CHECK], item_id[-CHECK:]
    for kept in ("stored", "loose"):
        if check in (check_sum("made with", kept, str(at), shared) for at in range(8)):
            return f"rs_{shared}{check_sum(kept, shared)}"
    return ""


def not_found(item_id: str) -> Refused:
    return Refused(
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. Try again "
        "with `store` set to true, or remove this item from your input.",
        status=404,
        param="input",
    )


def check_pairs(items: Sequence[Mapping[str, Any]]) -> None:
    """Raises Refused for a call without its output, or the reverse."""
    calls: list[str] = []
    outputs: list[str] = []
    for at, item in enumerate(items):
        where = f"input[{at}]"
        if item.get("type") == "function_call":
            check_name(item.get("name"), f"{where}.name")
            check_text(item.get("arguments"), f"{where}.arguments")
            check_text(item.get("call_id"), f"{where}.call_id")
            calls.append(item["call_id"])
        elif item.get("type") == "function_call_output":
            call_id = str(item.get("call_id"))
            if call_id not in calls or call_id in outputs:
                raise Refused(
                    f"No tool call found for function call output with call_id {call_id}.", param="input"
                )
            outputs.append(call_id)
    for call_id in calls:
        if call_id not in outputs:
            raise Refused(f"No tool output found for function call {call_id}.", param="input")
        if calls.count(call_id) > 1:
            raise Refused(f"Duplicate function call with call_id {call_id}.", param="input")


def conversation(items: Sequence[Mapping[str, Any]]) -> tuple[str, list[Turn]]:
    """The instructions among *items*, and the turns."""
    system: list[str] = []
    turns: list[Turn] = []
    for item in items:
        kind, text = item.get("type", "message"), text_of(item.get("content"))
        if kind == "function_call":
            call = ToolUse(item["name"], item["arguments"], item["call_id"])
            if turns and turns[-1].role == "assistant":
                turns[-1] = Turn("assistant", turns[-1].text, calls=[*turns[-1].calls, call])
            else:
                turns.append(Turn("assistant", calls=[call]))
        elif kind == "function_call_output":
            said = item.get("output")
            output = ToolOutput(item["call_id"], said if isinstance(said, str) else text_of(said)[0])
            if turns and turns[-1].role == "tool":
                turns[-1] = Turn("tool", outputs=[*turns[-1].outputs, output])
            else:
                turns.append(Turn("tool", outputs=[output]))
        elif kind == "message" and item["role"] in ("system", "developer"):
            system.append(text[0])
        elif kind == "message":
            turns.append(Turn(item["role"], text[0], images=text[1]))
    return "\n".join(system), turns
