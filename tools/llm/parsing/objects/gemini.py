"""Gemini's candidates and parts. A candidate that the provider calls malformed is not run, whatever it holds."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native, failed, objects, together
from tools.llm.parsing.parsed import Draft, Written

_PARTS = frozenset({"text", "functionCall", "function_call", "thought", "thoughtSignature", "inlineData"})
_FAILED = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"})


def part(value: Mapping[str, Any], *, cut_off: bool = False) -> Native | None:
    call = value.get("functionCall") or value.get("function_call")
    if not isinstance(call, Mapping) or "name" not in call or "arguments" in call:
        return None
    if value.get("thought") is True:
        return Native()
    return Native([Draft(call["name"], call.get("args"), "gemini", call.get("id") or "", cut_off=cut_off)])


def candidate(value: Mapping[str, Any]) -> Native | None:
    """A candidate, a whole answer, or the content of one."""
    if candidates := objects(value.get("candidates")):
        found = [candidate(one) for one in candidates]
        return together(found) if any(found) else None
    reason = value.get("finishReason") or value.get("finish_reason")
    if str(reason) in _FAILED:
        return failed(f"The provider says {reason}, so nothing was run: ask it again, perhaps in other words.")
    content = value.get("content", value)
    parts = objects(content.get("parts")) if isinstance(content, Mapping) else []
    if not parts or not all(one.keys() & _PARTS for one in parts):
        return None
    return together([_part(one, reason == "MAX_TOKENS") for one in parts])


def _part(one: Mapping[str, Any], cut_off: bool) -> Native | None:
    text = one.get("text")
    if isinstance(text, str) and one.get("thought") is not True:
        return Native(texts=[Written(text)])
    return part(one, cut_off=cut_off)
