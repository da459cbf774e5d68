"""Messages and answers as frameworks keep them: the AI SDK's, pydantic-ai's, and LangChain's LLMResult."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects import anthropic, openai, speakers
from tools.llm.parsing.objects.base import Native, ended, first_of, objects, together, with_calls
from tools.llm.parsing.objects.ends import reason_of, stopped
from tools.llm.parsing.objects.history import plain_message
from tools.llm.parsing.parsed import Draft, ProblemKind, Written

# Of the AI SDK's blocks and pydantic-ai's parts: what is not here is asked for by nobody, or has its result.
_CALL, _TEXT = "tool-call", "text"
_RESULTS = ("tool-result", "tool-error")


def ai_sdk(value: Mapping[str, Any]) -> Native | None:
    """The AI SDK's message, or what its ``generateText`` answers."""
    blocks = objects(value.get("content"))
    calls = [one for one in objects(value.get("toolCalls")) if "toolName" in one]
    reason = reason_of(value)
    if any(one.get("type") == _CALL and "toolName" in one for one in blocks):
        texts = [Written(str(one.get("text") or "")) for one in blocks if one.get("type") == _TEXT]
        calls = [one for one in blocks if one.get("type") == _CALL]
    elif calls:
        texts = [Written(text)] if isinstance(text := value.get("text"), str) else []
    else:
        return None
    results = [one for one in blocks if one.get("type") in _RESULTS] + objects(value.get("toolResults"))
    answered = {str(one.get("toolCallId")) for one in results}
    drafts = [
        _ai_draft(one, stopped(reason))
        for one in calls
        if not one.get("providerExecuted")
        and (not one.get("toolCallId") or str(one["toolCallId"]) not in answered)
    ]
    return ended(Native(drafts, texts=texts), reason)


def ai_block(value: Mapping[str, Any]) -> Native | None:
    """One of its calls; one that the provider makes itself, or that has its result, is none to run."""
    if "toolName" not in value or not {"input", "args"} & value.keys():
        return None
    is_over = value.get("type") in _RESULTS or value.get("providerExecuted") or {"result", "output"} & value.keys()
    return Native() if is_over else Native([_ai_draft(value, None)])


def _ai_draft(one: Mapping[str, Any], cut_off: ProblemKind | None) -> Draft:
    arguments = one.get("input", one.get("args"))
    return Draft(one.get("toolName"), arguments, "ai_sdk", one.get("toolCallId") or "", cut_off=cut_off)


def pydantic_ai(value: Mapping[str, Any]) -> Native | None:
    """pydantic-ai's ModelResponse."""
    parts = objects(value.get("parts"))
    if not parts or not all("part_kind" in one for one in parts):
        return None
    reason = reason_of(value)
    return ended(together([_pydantic_part(one, stopped(reason)) for one in parts]), reason)


def pydantic_part(value: Mapping[str, Any]) -> Native | None:
    """Its ToolCallPart."""
    return _pydantic_part(value, None) if value.get("part_kind") == _CALL and "tool_name" in value else None


def _pydantic_part(one: Mapping[str, Any], cut_off: ProblemKind | None) -> Native | None:
    if one["part_kind"] == _TEXT:
        return Native(texts=[Written(str(one.get("content") or ""))])
    if one["part_kind"] != _CALL:
        return None
    call_id = one.get("tool_call_id") or ""
    return Native([Draft(one.get("tool_name"), one.get("args"), "pydantic_ai", call_id, cut_off=cut_off)])


def generations(value: Mapping[str, Any]) -> Native | None:
    """LangChain's LLMResult: for each prompt the answers to it, of which the first that has calls counts."""
    prompts = value.get("generations")
    if not isinstance(prompts, list) or not prompts:
        return None
    if objects(prompts):  # a ChatResult, which has one prompt
        return first_of([_generation(one) for one in objects(prompts)])
    found = [first_of([_generation(one) for one in objects(prompt)]) for prompt in prompts]
    return found[0] if len(found) == 1 else together([with_calls(one) for one in found if one is not None])


def _generation(one: Mapping[str, Any]) -> Native | None:
    message = one.get("message")
    if not isinstance(message, Mapping):
        return Native(texts=[Written(text)]) if isinstance(text := one.get("text"), str) else None
    said = plain_message(message)
    if said is message and isinstance(inner := message.get("kwargs"), Mapping):
        said = {"type": "ai", **inner}
    info = one.get("generation_info")
    reason = reason_of(said) or (reason_of(info) if isinstance(info, Mapping) else "")
    said = {**said, "finish_reason": reason}
    return ended(speakers.of_others(said) or anthropic.message(said) or openai.openai(said), reason)
