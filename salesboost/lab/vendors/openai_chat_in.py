"""A request for a chat completion, read."""

from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.asked import Asked, Tool, ToolOutput, ToolUse, Turn, schema_in
from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.openai_checks import check_format, check_messages, check_tools
from salesboost.lab.vendors.openai_kinds import check_kinds, check_object


def read(vendor: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Asked:
    """What *body* asks for. Raises Refused for what no vendor of Chat Completions would take."""
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Refused("you must provide a model parameter")
    check_kinds(body)
    check_messages(body.get("messages"))
    check_tools(body.get("tools"))
    wanted = body.get("response_format") or {}
    check_format(wanted.get("json_schema"), "response_format")
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refused(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    system, turns = conversation(body["messages"])
    tools = offered(body.get("tools") or ())
    forced = forced_by(body.get("tool_choice"), tools, bool(body.get("tools")))
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    return Asked(
        vendor=vendor,
        model=body["model"],
        api="chat",
        system=system,
        turns=turns,
        tools=() if body.get("tool_choice") == "none" else tools,
        forced=forced,
        schema=schema_in(wanted),
        stream=bool(body.get("stream")),
        max_tokens=most if isinstance(most, int) else None,
        body=body,
        headers=headers,
    )


def offered(tools: Sequence[Mapping[str, Any]]) -> list[Tool]:
    """The functions among *tools*."""
    functions = [tool["function"] for tool in tools if tool.get("type") == "function"]
    return [Tool(one["name"], one.get("description") or "", one.get("parameters") or {}) for one in functions]


def forced_by(choice: Any, tools: Sequence[Tool], has_tools: bool) -> str | None:
    """As of ``Asked.forced``. Raises Refused for a choice that there is not."""
    if choice is None:
        return None
    if not has_tools and choice != "none":
        raise Refused(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            param="tool_choice",
        )
    if not isinstance(choice, Mapping):
        return forced_by_word(choice)
    inner = choice.get("function") or choice
    check_object(inner, "tool_choice.function")
    if inner.get("type") == "allowed_tools":
        return forced_by_word((inner.get("allowed_tools") or inner).get("mode"))
    if inner.get("name") not in [tool.name for tool in tools]:
        raise Refused(
            f"Invalid value for 'tool_choice': no function named '{inner.get('name')}' was specified in the "
            "'tools' parameter.",
            param="tool_choice",
        )
    return str(inner["name"])


def forced_by_word(choice: Any) -> str | None:
    if choice not in ("auto", "none", "required"):
        raise Refused(
            f"Invalid value: '{choice}'. Supported values are: 'none', 'auto', and 'required'.",
            kind="invalid_value",
            param="tool_choice",
        )
    return "" if choice == "required" else None


def conversation(messages: Sequence[Mapping[str, Any]]) -> tuple[str, list[Turn]]:
    """The instructions and the turns; the results of one round of calls are one turn."""
    system: list[str] = []
    turns: list[Turn] = []
    for message in messages:
        text, images = text_of(message.get("content"))
        match message["role"]:
            case "system" | "developer":
                system.append(text)
            case "assistant":
                turns.append(
                    Turn("assistant", text, calls=[call_of(one) for one in message.get("tool_calls") or ()])
                )
            case "tool":
                output = ToolOutput(message["tool_call_id"], text)
                if turns and turns[-1].role == "tool":
                    turns[-1] = Turn("tool", outputs=[*turns[-1].outputs, output])
                else:
                    turns.append(Turn("tool", outputs=[output]))
            case _:
                turns.append(Turn("user", text, images=images))
    return "\n".join(system), turns


def call_of(call: Mapping[str, Any]) -> ToolUse:
    return ToolUse(call["function"]["name"], call["function"]["arguments"], call["id"])


def text_of(content: Any) -> tuple[str, int]:
    """The text of a message's content, and how many pictures it has."""
    if not isinstance(content, list):
        return (content if isinstance(content, str) else ""), 0
    parts = [part for part in content if isinstance(part, Mapping)]
    text = "".join(str(part.get("text") or "") for part in parts)
    return text, sum(part.get("type") in ("image_url", "input_image") for part in parts)
