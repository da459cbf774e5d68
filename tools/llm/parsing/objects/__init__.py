"""The shapes of objects, in the order in which they are tried: a new one is a file here and a line below."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.names import Known
from tools.llm.parsing.objects import anthropic, bedrock, frameworks, gemini, openai, speakers
from tools.llm.parsing.objects.base import Native, ObjectShape, objects, together, with_calls
from tools.llm.parsing.objects.history import history, plain_message
from tools.llm.parsing.objects.plain import named_alone, plain
from tools.llm.parsing.objects.unread import unread

OBJECT_SHAPES: list[ObjectShape] = [
    openai.error,
    speakers.of_others,
    openai.completion,
    openai.choice,
    openai.responses,
    frameworks.generations,
    frameworks.ai_sdk,
    frameworks.ai_block,
    frameworks.pydantic_ai,
    frameworks.pydantic_part,
    bedrock.answer,
    bedrock.message,
    bedrock.block,
    gemini.candidate,
    gemini.part,
    anthropic.message,
    anthropic.block,
    openai.openai,
    openai.tool_call,
    openai.generated,
    plain,
]


# An object without any of these is of no shape, which most objects in a text are told by.
TELLING = frozenset(
    {
        *("error", "role", "type", "content", "parts", "message", "messages", "lc", "object", "output"),
        "response",
        *("choices", "candidates", "promptFeedback", "prompt_feedback", "finishReason", "finish_reason"),
        *("tool_calls", "tool_call", "function_call", "functionCall", "toolUse", "name", "tool_name", "tool"),
        *("function", "function_name", "recipient_name", "action", "toolName", "toolCalls", "generations"),
    }
)


def native_of(value: Any) -> Native | None:
    """What *value* holds, if it is an object of a known shape or a list of nothing else; else None."""
    if isinstance(value, Mapping):
        if TELLING.isdisjoint(value):
            return None
        message = plain_message(value)
        if isinstance(message.get("messages"), list):
            return history(message["messages"], native_of)
        return next((found for shape in OBJECT_SHAPES if (found := shape(message)) is not None), None)
    if not isinstance(value, list) or not value:
        return None
    if (turns := history(value, native_of)) is not None:
        return turns
    parts = [native_of(one) if isinstance(one, Mapping) else None for one in value]
    return together(parts) if all(part is not None for part in parts) else None


def named_in(value: Any, known: Known) -> Native | None:
    """What names tools alone in *value*, an object or a list of such and of calls; None for anything else."""
    if not isinstance(value, list):
        return named_alone(value, known)
    parts = [native_of(one) or named_alone(one, known) if isinstance(one, Mapping) else None for one in value]
    return together(parts) if parts and all(part is not None for part in parts) else None


def of_list(values: list[Any]) -> Native | None:
    """What a message is that is only a list: messages, calls, or blocks and parts of one message."""
    blocks = ({"content": values}, {"parts": values})
    return (
        native_of(values)
        or anthropic.message(blocks[0])
        or bedrock.message(blocks[0])
        or gemini.candidate(blocks[1])
    )


__all__ = ["Native", "named_in", "native_of", "objects", "of_list", "together", "unread", "with_calls"]
