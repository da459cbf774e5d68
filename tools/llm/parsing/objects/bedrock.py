"""Bedrock's Converse: blocks that each have one key."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native, ended, objects, together
from tools.llm.parsing.objects.ends import reason_of, stopped
from tools.llm.parsing.parsed import Draft, ProblemKind, Written

_BLOCKS = frozenset({"text", "toolUse", "reasoningContent", "citationsContent", "guardContent", "cachePoint"})


def block(value: Mapping[str, Any], *, cut_off: ProblemKind | None = None) -> Native | None:
    """A ``toolUse`` block."""
    use = value.get("toolUse")
    if not isinstance(use, Mapping) or "name" not in use:
        return None
    return Native([Draft(use["name"], use.get("input"), "bedrock", use.get("toolUseId") or "", cut_off=cut_off)])


def message(value: Mapping[str, Any], *, reason: str = "") -> Native | None:
    """A message: its ``content`` is a list of blocks."""
    blocks = objects(value.get("content"))
    if not blocks or not all(len(one) == 1 and one.keys() <= _BLOCKS for one in blocks):
        return None
    return together([_part(one, stopped(reason)) for one in blocks])


def answer(value: Mapping[str, Any]) -> Native | None:
    """A whole answer."""
    output = value.get("output")
    inner = output.get("message") if isinstance(output, Mapping) else None
    if not isinstance(inner, Mapping):
        return None
    reason = reason_of(value)
    return ended(message(inner, reason=reason), reason)


def _part(one: Mapping[str, Any], cut_off: ProblemKind | None) -> Native | None:
    if isinstance(one.get("text"), str):
        return Native(texts=[Written(one["text"])])
    return block(one, cut_off=cut_off)
