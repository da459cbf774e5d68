"""OpenAI's objects, as most providers send them: messages, tool calls, the old function_call, whole responses."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing import repairs
from tools.llm.parsing.objects.base import Native, ended, failed, first_of, objects, texts_of, together
from tools.llm.parsing.objects.ends import reason_of, stopped
from tools.llm.parsing.objects.speakers import MODEL, quiet, speaker
from tools.llm.parsing.objects.unread import unread
from tools.llm.parsing.parsed import Draft, ProblemKind, Written

MAX_MESSAGE_CHARS = 300
# Items that only an answer of the Responses API has.
_ITEMS = frozenset({"function_call", "reasoning", "message"})
# Where vendors put what their models think; OpenRouter's details have to go back as they came.
THOUGHT = "reasoning_content"
# What only its maker reads, in lists: OpenRouter's, and Claude's as litellm has it.
SEALED = DETAILS, BLOCKS = "reasoning_details", "thinking_blocks"


def openai(value: Mapping[str, Any], *, reason: str = "") -> Native | None:
    """A message, or one entry of its ``tool_calls``. *reason*: why the answer ended that it is of."""
    function = value.get("function")
    if isinstance(function, Mapping) and "name" in function and "parameters" not in function:
        return Native([_draft(function, value.get("id"), stopped(reason))])
    calls, old = value.get("tool_calls", value.get("toolCalls")), value.get("function_call")
    texts = [*texts_of(value.get("content")), *_refusal(value)]
    if not isinstance(calls, list) and not isinstance(old, Mapping):
        if not texts or not ("role" in value or value.get("type") == "ai"):
            return None
        # Beside the texts there may be whatever else.
        missed = unread(list(value.values()))
        return Native(problems=missed.problems if missed else [], texts=texts)
    cut_off = stopped(reason or reason_of(value))
    # LangChain keeps apart what its own reading of the arguments did not get through.
    calls = [*objects(calls), *objects(value.get("invalid_tool_calls"))]
    drafts = [_draft(_inner(call), call.get("id"), cut_off) for call in calls]
    if isinstance(old, Mapping) and not drafts:
        drafts.append(_draft(old, "", cut_off))
    return Native(drafts, texts=texts)


def thought_in(message: Mapping[str, Any]) -> str:
    """What the model lets see of its thinking, in a *message* or a piece of one."""
    return next((message[name] for name in (THOUGHT, "reasoning") if isinstance(message.get(name), str)), "")


def _refusal(value: Mapping[str, Any]) -> list[Written]:
    said = value.get("refusal")
    return [Written(said, is_searched=False)] if isinstance(said, str) and said else []


def tool_call(value: Mapping[str, Any]) -> Native | None:
    """``{"tool_call": {…}}``, which some models make up."""
    inner = value.get("tool_call")
    if isinstance(inner, Mapping) and "name" in inner and len(value) == 1:
        return Native([_draft(inner, inner.get("id"), None)])
    return None


def completion(value: Mapping[str, Any]) -> Native | None:
    """A whole answer of the chat API: the first of its choices that has calls counts."""
    choices = [one for one in objects(value.get("choices")) if isinstance(one.get("message"), Mapping)]
    return first_of([choice({**one, "message": {"role": "assistant", **one["message"]}}) for one in choices])


def choice(value: Mapping[str, Any]) -> Native | None:
    """A message beside how it ended: one of several choices, or the whole answer of Ollama and Cohere."""
    message = value.get("message")
    if not isinstance(message, Mapping) or not {"role", "tool_calls", "function_call"} & message.keys():
        return None
    reason = reason_of(value)
    return ended(openai(message, reason=reason) if speaker(message) in (None, MODEL) else quiet(message), reason)


def generated(value: Mapping[str, Any]) -> Native | None:
    """Ollama's answer to a prompt, which is text."""
    text = value.get("response")
    return Native(texts=[Written(text)]) if isinstance(text, str) and {"model", "done"} <= value.keys() else None


def responses(value: Mapping[str, Any]) -> Native | None:
    """The Responses API: an answer, or one of its items."""
    if value.get("type") == "function_call" and "name" in value:
        cut_off = stopped(str(value.get("status") or ""))
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
    items = objects(value.get("output"))
    # Some gateways leave out what it is.
    if value.get("object") != "response" and not any(str(one.get("type")) in _ITEMS for one in items):
        return None
    texts = [text for item in items if item.get("type") == "message" for text in said(item)]
    read = [responses(item) or (unread(item) if str(item.get("type")) not in _ITEMS else None) for item in items]
    found = together([*read, Native(texts=texts)])
    details = value.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, Mapping) else value.get("status")
    return ended(found, str(reason or ""))


def said(item: Mapping[str, Any]) -> list[Written]:
    """The texts of an *item* that is a message."""
    parts = objects(item.get("content"))
    return [*texts_of(parts), *(text for part in parts for text in _refusal(part))]


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


def _inner(call: Mapping[str, Any]) -> Mapping[str, Any]:
    function = call.get("function")
    return function if isinstance(function, Mapping) else call


def _draft(function: Mapping[str, Any], call_id: Any, cut_off: ProblemKind | None) -> Draft:
    arguments = function.get("arguments", function.get("args"))
    if arguments is None:
        arguments = function.get("parameters")
    return Draft(function.get("name"), arguments, "openai", call_id or "", cut_off=cut_off)
