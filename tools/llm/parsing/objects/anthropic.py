"""Anthropic's content blocks and messages; thinking blocks hold nothing to run."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native, ended, objects, together
from tools.llm.parsing.objects.ends import reason_of, stopped
from tools.llm.parsing.parsed import Draft, ProblemKind, Written

# Blocks that mean something to their maker alone; among them calls that the vendor makes itself.
_OWN = frozenset({"thinking", "redacted_thinking", "server_tool_use"})
_OWN_RESULTS = "_tool_result"


def is_own(kind: str) -> bool:
    """Whether blocks of that *kind* are only for who made them."""
    return kind in _OWN or kind.endswith(_OWN_RESULTS)


def block(value: Mapping[str, Any], *, cut_off: ProblemKind | None = None) -> Native | None:
    """A ``tool_use`` block; of one that was put together of pieces, these count, not what its start says."""
    if value.get("type") != "tool_use" or "name" not in value:
        return None
    shape, arguments = "anthropic", value.get("input")
    if str(written := value.get("partial_json") or "").strip():
        shape, arguments = "anthropic_stream", written
    cut_off = ProblemKind.TRUNCATED if value.get("is_open") else cut_off
    return Native([Draft(value["name"], arguments, shape, value.get("id") or "", cut_off=cut_off)])


def message(value: Mapping[str, Any]) -> Native | None:
    """A message, or an answer: its ``content`` is a list of blocks."""
    blocks = objects(value.get("content"))
    kinds = [str(one.get("type")) for one in blocks]
    if value.get("tool_calls") or not all(kind in ("text", "tool_use") or is_own(kind) for kind in kinds):
        return None  # LangChain's, whose content only repeats what it calls
    reason = reason_of(value)
    if not blocks and (stopped(reason) is None or value.get("content") != []):
        return None
    return ended(together([_part(one, stopped(reason)) for one in blocks]), reason)


def _part(one: Mapping[str, Any], cut_off: ProblemKind | None) -> Native | None:
    if one.get("type") == "text":
        return Native(texts=[Written(str(one.get("text") or ""))])
    return block(one, cut_off=cut_off)
