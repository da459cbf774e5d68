"""Who wrote a message. Only what a model wrote can ask for a tool."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native, objects, texts_of

MODEL, RESULT, OTHER = "model", "result", "other"
# However they are spelled: enums of some libraries are written in capitals.
_SPEAKERS = {
    **dict.fromkeys(("assistant", "model", "ai", "aimessage", "aimessagechunk", "chatbot"), MODEL),
    **dict.fromkeys(("tool", "function", "ipython", "toolmessage", "functionmessage"), RESULT),
    **dict.fromkeys(("user", "human", "system", "developer", "humanmessage", "systemmessage"), OTHER),
}
# Items of the Responses API, which have types instead of roles.
_ITEMS = frozenset({"function_call", "reasoning"})
_RESULTS = frozenset({"tool_result", "toolResult", "functionResponse", "function_response"})
_IDS = ("tool_call_id", "tool_use_id", "toolUseId", "call_id", "id")


def speaker(value: Mapping[str, Any]) -> str | None:
    """Who wrote the message *value*; None where it is none, or does not say."""
    kind = str(value.get("type"))
    if kind in _ITEMS:
        return MODEL
    if kind.endswith("_call_output"):
        return RESULT
    if not {"content", "parts"} & value.keys():
        return MODEL if _plain(value.get("role")) == "assistant" else None
    found = _SPEAKERS.get(_plain(value.get("role") or value.get("type")))
    return RESULT if found is OTHER and _results(value) else found


def _plain(word: Any) -> str:
    return str(word).strip().lower()


def quiet(value: Mapping[str, Any]) -> Native:
    """The message *value* of anybody but the model: text for people, and nothing to run."""
    return Native(texts=[text._replace(is_searched=False) for text in texts_of(value.get("content"))])


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
        if one.get("type") == "tool_result":
            found.append(one)
        found += [one[name] for name in _RESULTS & one.keys() if isinstance(one[name], Mapping)]
    return found
