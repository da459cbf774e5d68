"""From a request to Anthropic to what it asks for."""

from collections.abc import Mapping
from typing import Any

from salesboost.lab.asked import Asked, Tool, ToolOutput, ToolUse, Turn, schema_in
from salesboost.lab.vendors.anthropic_parameters import is_own
from salesboost.lab.vendors.anthropic_thinking import blocks_of


def read(headers: Mapping[str, str], body: Mapping[str, Any]) -> Asked:
    """What *body*, of which nothing was refused, asks for."""
    choice = body.get("tool_choice") or {}
    offered = () if choice.get("type") == "none" else body.get("tools") or ()
    return Asked(
        vendor="anthropic",
        model=body["model"],
        api="messages",
        system=text_of(body.get("system") or ""),
        turns=[turn(message) for message in body["messages"]],
        tools=[
            Tool(tool["name"], tool.get("description") or "", tool["input_schema"])
            for tool in offered
            if is_own(tool)
        ],
        forced=forced(choice),
        schema=schema_in((body.get("output_config") or {}).get("format")),
        stream=bool(body.get("stream")),
        max_tokens=body["max_tokens"],
        body=body,
        headers=headers,
    )


def forced(choice: Mapping[str, Any]) -> str | None:
    return {"any": "", "tool": choice.get("name")}.get(choice.get("type", "auto"))


def turn(message: Mapping[str, Any]) -> Turn:
    blocks = blocks_of(message)
    return Turn(
        message["role"],
        "\n".join(block["text"] for block in blocks if block["type"] == "text"),
        [
            ToolUse(block["name"], block["input"], block["id"])
            for block in blocks
            if block["type"] in ("tool_use", "server_tool_use")
        ],
        [
            ToolOutput(block["tool_use_id"], text_of(block.get("content") or ""))
            for block in blocks
            if block["type"] == "tool_result"
        ],
        sum(block["type"] == "image" for block in blocks),
    )


def text_of(content: Any) -> str:
    """The text of *content*, which is one or blocks with some."""
    if isinstance(content, str):
        return content
    return "\n".join(str(block["text"]) for block in content if block.get("type") == "text")
