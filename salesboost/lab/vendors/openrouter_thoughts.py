"""What a model behind OpenRouter thought: it has to come back with the calls that it led to, unchanged."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.vendors import openai_chat
from salesboost.lab.vendors.base import Ids
from salesboost.lab.vendors.openai_seals import CHECK, check_sum, opened, sealed
from salesboost.lab.vendors.openrouter_errors import Upstream

THOUGHT = "I look at what was asked, and at the tools that there are."
ALWAYS = re.compile(r"google/gemini-[3-9]|x-ai/grok-4\.[5-9]|openai/(?:gpt-[5-9]|o[1-9])|anthropic/claude-\w+-5")
UNFORCED = re.compile(r"anthropic/claude-(?:opus-5\.5|sonnet-5\.5|fable-5\.1)")
PROVIDERS = {"anthropic": "Anthropic", "google": "Google", "openai": "OpenAI", "x-ai": "xAI"}
FORMATS = {
    "anthropic": "anthropic-claude-v1",
    "google": "google-gemini-v1",
    "openai": "openai-responses-v1",
    "x-ai": "xai-responses-v1",
}


def maker_of(model: str) -> str:
    return model.partition("/")[0]


def provider_of(model: str) -> str:
    """Who runs *model*."""
    return PROVIDERS.get(maker_of(model), "DeepInfra")


def thought(asked: Asked, reply: Reply) -> str:
    """What was thought: where the model always thinks, or the request asks it to."""
    wanted = asked.body.get("reasoning") or {}
    is_off = wanted.get("effort") == "none" or wanted.get("enabled") is False
    if reply.reasoning or is_off:
        return reply.reasoning
    is_on = bool(wanted) or asked.body.get("include_reasoning") or asked.body.get("reasoning_effort")
    return THOUGHT if is_on or ALWAYS.match(asked.model) else ""


def marked_id(ids: Ids, thought: str) -> str:
    """The id of a call, which tells whether it was thought about: so the lab can miss what is not sent back."""
    made = ids.made("", 16)
    return f"call_{made}{check_sum('thought' if thought else 'plain', made)}"


def is_marked(call_id: str) -> bool:
    body = call_id.removeprefix("call_")
    return body[-CHECK:] == check_sum("thought", body[:-CHECK])


def details(asked: Asked, thought: str) -> list[dict[str, Any]]:
    """``reasoning_details`` as the model's own vendor has them."""
    maker = maker_of(asked.model)
    seal = sealed("openrouter", asked.model, thought)
    form = {"format": FORMATS.get(maker, "unknown")}
    text = {"type": "reasoning.text", "text": thought, **form, "index": 0}
    if maker == "anthropic":
        return [{**text, "signature": seal}]
    if maker not in FORMATS:
        return [text]
    closed = {"type": "reasoning.encrypted", "data": seal, **form}
    if maker == "google":
        return [text, {**closed, "index": 1}]
    summary = {"type": "reasoning.summary", "summary": thought, **form, "index": 0}
    return [summary, {**closed, "id": "rs_" + check_sum(seal), "index": 1}]


def deltas(thought: str, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """*found* as a stream has it: the text in pieces, and what is closed behind it, with no text beside it."""
    first = {name: value for name, value in found[0].items() if name != "signature"}
    key = "summary" if "summary" in first else "text"
    made = [
        {"reasoning": piece, "reasoning_details": [{**first, key: piece}]} for piece in openai_chat.pieces(thought)
    ]
    closed = list(found[1:])
    if "signature" in found[0]:
        closed.append({name: value for name, value in found[0].items() if name != "text"})
    return [*made, *({"reasoning_details": [one]} for one in closed)]


def check_replayed(messages: Sequence[Mapping[str, Any]], model: str) -> None:
    """Raises Refused, in the vendor's words, where thoughts of *model* are missing or not as it had them."""
    maker = maker_of(model)
    for at, message in enumerate(messages):
        calls = message.get("tool_calls") or ()
        given = message.get("reasoning_details")
        if maker not in FORMATS or message["role"] != "assistant":
            continue
        if not given and any(is_marked(str(call.get("id"))) for call in calls):
            raise Upstream(provider_of(model), missing(maker, at))
        if given and not is_whole(given, model):
            raise Upstream(provider_of(model), altered(maker, at))


def check_forced(asked: Asked) -> None:
    """Raises Refused where a call is forced of a model that takes no such order."""
    if asked.forced is not None and UNFORCED.match(asked.model):
        raise Upstream(
            provider_of(asked.model),
            of_anthropic("tool_choice: forced tool use is not supported with this model."),
        )


def is_whole(given: Any, model: str) -> bool:
    """Whether *given* are thoughts as *model* had them."""
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        return False
    seals = [one.get("signature") or one.get("data") for one in given if one.get("signature") or one.get("data")]
    said = [one.get("text") or one.get("summary") for one in given if one.get("text") or one.get("summary")]
    kept = [opened("openrouter", model, seal) for seal in seals]
    return bool(kept) and None not in kept and "".join(str(one) for one in said) in ("", *kept)


def missing(maker: str, at: int) -> Mapping[str, Any]:
    if maker == "anthropic":
        return of_anthropic(
            f"messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."
        )
    if maker == "google":
        return of_google("Function call is missing a thought_signature in functionCall parts.")
    return of_openai("Item of type 'function_call' was provided without its required 'reasoning' item.", None)


def altered(maker: str, at: int) -> Mapping[str, Any]:
    if maker == "anthropic":
        return of_anthropic(f"messages.{at}.content.0: Invalid `signature` in `thinking` block")
    if maker == "google":
        return of_google("Corrupted thought signature.")
    return of_openai("The encrypted content gAAA... could not be verified.", "invalid_encrypted_content")


def of_anthropic(message: str) -> Mapping[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def of_google(message: str) -> Mapping[str, Any]:
    return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}


def of_openai(message: str, code: str | None) -> Mapping[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": "input", "code": code}}
