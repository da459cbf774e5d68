"""Who wrote a message. Only what a model wrote can ask for a tool."""

from collections.abc import Mapping, Sequence
from typing import Any

from tools.llm.parsing.objects.base import Native, objects, texts_of
from tools.llm.parsing.parsed import Problem, ProblemKind

MODEL, RESULT, OTHER = "model", "result", "other"
# However they are spelled: enums of some libraries are written in capitals.
_SPEAKERS = {
    **dict.fromkeys(("assistant", "model", "ai", "aimessage", "aimessagechunk", "chatbot"), MODEL),
    **dict.fromkeys(("tool", "function", "ipython", "toolmessage", "functionmessage"), RESULT),
    **dict.fromkeys(("user", "human", "system", "developer", "humanmessage", "systemmessage"), OTHER),
}
# Those among them that LangChain writes as the type of a message.
_LANGCHAIN = frozenset({"ai", "human", "system", "tool"})
_NOT_ITS = Problem(
    ProblemKind.OF_OTHERS,
    "The calls stand in a message that no model wrote, so none was run: hand over the model's, of role assistant.",
)
# pydantic-ai's messages, which are of a kind; so are the results in them.
_PYDANTIC_AI = {"response": MODEL, "request": OTHER}
_RETURNS = frozenset({"tool-return", "retry-prompt"})
# Items of the Responses API, which have types instead of roles.
_ITEMS = frozenset({"function_call", "reasoning"})
_RESULTS = frozenset({"tool_result", "toolResult", "functionResponse", "function_response"})
# What asks for a tool in a message, and in the blocks or parts of its content.
_CALLS = ("tool_calls", "tool_call", "function_call", "functionCall", "toolUse", "toolCalls", "invalid_tool_calls")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_name", "toolName", "action_input")
_BLOCKS = frozenset({"tool_use", "tool-call", "tool_call", "function_call"})
_MESSAGE = frozenset({"content", "parts", *_CALLS, *_ARGUMENTS})
_IDS = ("tool_call_id", "tool_use_id", "toolUseId", "toolCallId", "call_id", "id")


def speaker(value: Mapping[str, Any]) -> str | None:
    """Who wrote the message *value*; None where it is none, or does not say."""
    kind = str(value.get("type"))
    if kind in _ITEMS:
        return MODEL
    if kind.endswith("_call_output"):
        return RESULT
    role = _plain(value.get("role"))
    if "part_kind" in value:
        return None
    if not {"content", "parts"} & value.keys():
        # A type may be that of a call here: {"type": "function", "function": {…}}.
        found = _SPEAKERS.get(role if "role" in value else kind if kind in _LANGCHAIN else "")
        return found if found is MODEL or not _MESSAGE.isdisjoint(value) else None
    found = _SPEAKERS.get(role if value.get("role") else _plain(kind)) or _PYDANTIC_AI.get(str(value.get("kind")))
    return RESULT if found is OTHER and _results(value) else found


def _plain(word: Any) -> str:
    return str(word).rpartition(".")[2].strip().lower()


def quiet(value: Mapping[str, Any]) -> Native:
    """The message *value* of anybody but the model: text for people, and nothing to run."""
    texts = [text._replace(is_searched=False) for text in texts_of(value.get("content"))]
    return Native(problems=[_NOT_ITS] if asks(value) else [], texts=texts)


def asks(value: Mapping[str, Any]) -> bool:
    """Whether the message *value* holds what would be a call if a model had written it."""
    if any(value.get(name) for name in _CALLS) or any(name in value for name in _ARGUMENTS):
        return True
    return any(
        str(one.get("type", one.get("part_kind"))) in _BLOCKS or any(one.get(name) for name in _CALLS)
        for one in (*objects(value.get("content")), *objects(value.get("parts")))
    )


def not_its(messages: Sequence[Mapping[str, Any]]) -> Native:
    """What is to be said of *messages* of which nothing was read: that others have put calls in theirs."""
    return Native(
        problems=[_NOT_ITS] if any(speaker(one) in (RESULT, OTHER) and asks(one) for one in messages) else []
    )


def of_others(value: Mapping[str, Any]) -> Native | None:
    """The shape of a message that no model wrote."""
    return quiet(value) if speaker(value) in (RESULT, OTHER) else None


def answered_ids(value: Mapping[str, Any]) -> set[str]:
    """The ids of the calls whose results the message *value* holds."""
    places = [value, *_results(value)]
    return {str(place[name]) for place in places for name in _IDS if isinstance(place.get(name), str | int)}


def _results(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results inside a message of the user, where some providers put them."""
    found = []
    for one in (*objects(value.get("content")), *objects(value.get("parts"))):
        if one.get("type") in ("tool_result", "tool-result") or str(one.get("part_kind")) in _RETURNS:
            found.append(one)
        found += [one[name] for name in _RESULTS & one.keys() if isinstance(one[name], Mapping)]
    return found
