"""The shapes of objects, in the order in which they are tried: a new one is a file here and a line below."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects import anthropic, gemini, openai
from tools.llm.parsing.objects.base import Native, ObjectShape, objects, together
from tools.llm.parsing.objects.plain import plain

OBJECT_SHAPES: list[ObjectShape] = [
    openai.error,
    openai.completion,
    openai.responses,
    gemini.candidate,
    gemini.part,
    anthropic.message,
    anthropic.block,
    openai.openai,
    openai.tool_call,
    plain,
]


def native_of(value: Any) -> Native | None:
    """What *value* holds, if it is an object of a known shape or a list of nothing else; else None."""
    if isinstance(value, Mapping):
        return next((found for shape in OBJECT_SHAPES if (found := shape(value)) is not None), None)
    if not isinstance(value, list) or not value:
        return None
    parts = [native_of(one) if isinstance(one, Mapping) else None for one in value]
    return together(parts) if all(part is not None for part in parts) else None


def of_list(values: list[Any]) -> Native | None:
    """What a message is that is only a list: calls, Anthropic's blocks or Gemini's parts."""
    return native_of(values) or anthropic.message({"content": values}) or gemini.candidate({"parts": values})


__all__ = ["Native", "native_of", "objects", "of_list", "together"]
