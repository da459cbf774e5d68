"""Anthropic's content blocks and messages; thinking blocks hold nothing to run."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native, ended, objects, together
from tools.llm.parsing.objects.ends import reason_of, stopped
from tools.llm.parsing.parsed import Draft, ProblemKind, Written

_BLOCKS = frozenset({"text", "tool_use", "thinking", "redacted_thinking", "server_tool_use"})


def block(value: Mapping[str, Any], *, cut_off: ProblemKind | None = None) -> Native | None:
    """A ``tool_use`` block."""
    if value.get("type") != "tool_use" or "name" not in value:
        return None
    arguments = value.get("input")
    return Native([Draft(value["name"], arguments, "anthropic", value.get("id") or "", cut_off=cut_off)])


def message(value: Mapping[str, Any]) -> Native | None:
    """A message, or an answer: its ``content`` is a list of blocks."""
    blocks = objects(value.get("content"))
    if value.get("tool_calls") or not all(str(one.get("type")) in _BLOCKS for one in blocks):
        return None  # LangChain's, whose content only repeats what it calls
    reason = reason_of(value)
    if not blocks and (stopped(reason) is None or value.get("content") != []):
        return None
    return ended(together([_part(one, stopped(reason)) for one in blocks]), reason)


def _part(one: Mapping[str, Any], cut_off: ProblemKind | None) -> Native | None:
    if one.get("type") == "text":
        return Native(texts=[Written(str(one.get("text") or ""))])
    return block(one, cut_off=cut_off)
