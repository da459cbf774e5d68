"""OpenAI's objects, as most providers send them: messages, tool calls, the old function_call, whole responses."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing import repairs
from tools.llm.parsing.objects.base import Native, failed, objects, together
from tools.llm.parsing.parsed import Draft, Written

MAX_MESSAGE_CHARS = 300


def openai(value: Mapping[str, Any], *, cut_off: bool = False) -> Native | None:
    """A message, or one entry of its ``tool_calls``."""
    function = value.get("function")
    if isinstance(function, Mapping) and "name" in function and "parameters" not in function:
        return Native([_draft(function, value.get("id"), cut_off)])
    calls, old = value.get("tool_calls"), value.get("function_call")
    if not isinstance(calls, list) and not isinstance(old, Mapping):
        content = value.get("content")
        if isinstance(content, str) and "role" in value:
            return Native(texts=[Written(content)])
        return None
    drafts = [_draft(_inner(call), call.get("id"), cut_off) for call in objects(calls)]
    if isinstance(old, Mapping) and not drafts:
        drafts.append(_draft(old, "", cut_off))
    content = value.get("content")
    return Native(drafts, texts=[Written(content)] if isinstance(content, str) else [])


def tool_call(value: Mapping[str, Any]) -> Native | None:
    """``{"tool_call": {…}}``, which some models make up."""
    inner = value.get("tool_call")
    if isinstance(inner, Mapping) and "name" in inner and len(value) == 1:
        return Native([_draft(inner, inner.get("id"), False)])
    return None


def completion(value: Mapping[str, Any]) -> Native | None:
    """A whole answer of the chat API."""
    choices = objects(value.get("choices"))
    if not choices or not any(isinstance(choice.get("message"), Mapping) for choice in choices):
        return None
    return together([_choice(choice) for choice in choices])


def responses(value: Mapping[str, Any]) -> Native | None:
    """The Responses API: an answer, or one of its items."""
    if value.get("type") == "function_call" and "name" in value:
        cut_off = value.get("status") == "incomplete"
        return Native(
            [
                Draft(
                    value["name"],
                    value.get("arguments"),
                    "openai_responses",
                    value.get("call_id"),
                    cut_off=cut_off,
                )
            ]
        )
    if value.get("object") != "response" or not isinstance(value.get("output"), list):
        return None
    items = objects(value["output"])
    texts = [
        Written(part["text"])
        for item in items
        if item.get("type") == "message"
        for part in objects(item.get("content"))
        if isinstance(part.get("text"), str)
    ]
    return together([*(responses(item) for item in items), Native(texts=texts)])


def error(value: Mapping[str, Any]) -> Native | None:
    """An error, also one sent with status 200. Groq's holds what its model wrote."""
    inner = value.get("error")
    if not isinstance(inner, Mapping) or not ("message" in inner or "code" in inner):
        return None
    written = inner.get("failed_generation")
    if isinstance(written, str) and written.strip():
        return Native(texts=[Written(written, repairs.FAILED_GENERATION)])
    said = str(inner.get("message") or inner.get("code"))[:MAX_MESSAGE_CHARS]
    return failed(f"The provider answered with an error: {said} Ask it again, or another one.")


def _choice(choice: Mapping[str, Any]) -> Native | None:
    message = choice.get("message")
    reason = choice.get("finish_reason")
    if reason == "error":
        return failed("The provider stopped with an error, so nothing was run: ask again.")
    return openai(message, cut_off=reason == "length") if isinstance(message, Mapping) else None


def _inner(call: Mapping[str, Any]) -> Mapping[str, Any]:
    function = call.get("function")
    return function if isinstance(function, Mapping) else call


def _draft(function: Mapping[str, Any], call_id: Any, cut_off: bool) -> Draft:
    arguments = function.get("arguments", function.get("args"))
    if arguments is None:
        arguments = function.get("parameters")
    return Draft(function.get("name"), arguments, "openai", call_id or "", cut_off=cut_off)
