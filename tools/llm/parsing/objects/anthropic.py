"""Anthropic's content blocks and messages; thinking blocks hold nothing to run."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native, objects, together
from tools.llm.parsing.parsed import Draft, Written

_BLOCKS = frozenset({"text", "tool_use", "thinking", "redacted_thinking", "server_tool_use"})


def block(value: Mapping[str, Any], *, cut_off: bool = False) -> Native | None:
    """A ``tool_use`` block."""
    if value.get("type") != "tool_use" or "name" not in value:
        return None
    arguments = value.get("input")
    return Native([Draft(value["name"], arguments, "anthropic", value.get("id") or "", cut_off=cut_off)])


def message(value: Mapping[str, Any]) -> Native | None:
    """A message, or an answer: its ``content`` is a list of blocks."""
    blocks = objects(value.get("content"))
    if not blocks or not all(str(one.get("type")) in _BLOCKS for one in blocks):
        return None
    last = len(blocks) - 1
    cut = value.get("stop_reason") == "max_tokens"
    return together([_part(one, cut and place == last) for place, one in enumerate(blocks)])


def _part(one: Mapping[str, Any], cut_off: bool) -> Native | None:
    if one.get("type") == "text":
        return Native(texts=[Written(str(one.get("text") or ""))])
    return block(one, cut_off=cut_off)
