"""Gemini's candidates and parts. A candidate that the provider calls malformed is not run, whatever it holds."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native, ended, first_of, objects, refused, together
from tools.llm.parsing.objects.ends import reason_of, stopped
from tools.llm.parsing.parsed import Draft, ProblemKind, Written

_PARTS = frozenset(
    {
        *("text", "functionCall", "function_call", "thought", "thoughtSignature", "inlineData", "fileData"),
        *("executableCode", "codeExecutionResult", "functionResponse"),
    }
)


def part(value: Mapping[str, Any], *, cut_off: ProblemKind | None = None) -> Native | None:
    call = value.get("functionCall") or value.get("function_call")
    if not isinstance(call, Mapping) or "name" not in call or "arguments" in call:
        return None
    if value.get("thought") is True:
        return Native()
    return Native([Draft(call["name"], call.get("args"), "gemini", call.get("id") or "", cut_off=cut_off)])


def candidate(value: Mapping[str, Any]) -> Native | None:
    """A candidate, the content of one, or a whole answer: the first of its candidates that has calls counts."""
    if candidates := objects(value.get("candidates")):
        return first_of([candidate(one) for one in candidates])
    if blocked := _blocked(value):
        return refused(blocked)
    reason = reason_of(value)
    content = value.get("content", value)
    parts = objects(content.get("parts")) if isinstance(content, Mapping) else []
    if not parts or not all(one.keys() & _PARTS for one in parts):
        # Other providers write their reasons small, and in other objects.
        return ended(None, reason) if reason.isupper() and isinstance(content, Mapping) else None
    return ended(together([_part(one, stopped(reason)) for one in parts]), reason)


def _blocked(value: Mapping[str, Any]) -> str:
    """Why the question was not put to the model at all."""
    feedback = value.get("promptFeedback") or value.get("prompt_feedback")
    reason = feedback.get("blockReason") or feedback.get("block_reason") if isinstance(feedback, Mapping) else None
    return str(reason or "")


def _part(one: Mapping[str, Any], cut_off: ProblemKind | None) -> Native | None:
    text = one.get("text")
    if isinstance(text, str) and one.get("thought") is not True:
        return Native(texts=[Written(text)])
    return part(one, cut_off=cut_off)
