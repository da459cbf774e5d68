"""OpenRouter: Chat Completions of other vendors' models, with what these thought, closed and to be sent back."""

import re
from collections.abc import Mapping
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors import openai_chat
from salesboost.lab.vendors.base import Events, Ids, Moment
from salesboost.lab.vendors.openai_chat import Flavour
from salesboost.lab.vendors.openrouter_errors import error, error_chunk, error_event, gone, unknown
from salesboost.lab.vendors.openrouter_thoughts import (
    check_forced,
    check_replayed,
    deltas,
    details,
    marked_id,
    provider_of,
    thought,
)
from salesboost.lab.vendors.pictures import check_openrouter
from salesboost.lab.vendors.shaped import Shaped

RETIRED: Mapping[str, str] = {
    "x-ai/grok-3": "2026-05-15",
    "x-ai/grok-code-fast-1": "2026-05-15",
    "anthropic/claude-opus-4": "2026-06-15",
    "anthropic/claude-sonnet-4": "2026-06-15",
    "anthropic/claude-opus-4.1": "2026-08-05",
    "openai/gpt-5": "2026-12-11",
}
PROCESSING = b": OPENROUTER PROCESSING\n\n"
NATIVE = {
    "anthropic": {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"},
    "google": {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS"},
}
DOLLARS_PER_TOKEN = 2e-6


def thought_as(asked: Asked, thought: str) -> Mapping[str, Any]:
    return {"reasoning": thought, "reasoning_details": details(asked, thought)}


def check(asked: Asked) -> None:
    check_replayed(asked.body["messages"], asked.model)
    check_forced(asked)
    check_openrouter(asked.body)


def native(asked: Asked, choices: list[dict[str, Any]]) -> None:
    """Give each of *choices* the word that the model's own vendor has for why it ended."""
    words = NATIVE.get(asked.model.partition("/")[0], {})
    for choice in choices:
        finish = choice["finish_reason"]
        choice["native_finish_reason"] = words.get(finish, finish)


def priced(usage: Mapping[str, Any]) -> dict[str, Any]:
    cost = round(usage["total_tokens"] * DOLLARS_PER_TOKEN, 9)
    parts = {"upstream_inference_cost": None}
    return {**usage, "cost": cost, "is_byok": False, "cost_details": parts}


def whole(asked: Asked, made: dict[str, Any], moment: Moment) -> dict[str, Any]:
    native(asked, made["choices"])
    made["choices"][0]["message"].pop("annotations", None)
    made["choices"][0]["message"].setdefault("reasoning", None)
    made["choices"][0]["message"]["content"] = made["choices"][0]["message"]["content"] or ""
    return {"provider": provider_of(asked.model), **made, "usage": priced(made["usage"])}


def apart(part: dict[str, Any]) -> list[dict[str, Any]]:
    """A chunk of thoughts as many."""
    delta = part["choices"][0]["delta"] if part["choices"] else {}
    if "reasoning_details" not in delta:
        return [part]
    choice = part["choices"][0]
    made = deltas(delta["reasoning"], delta["reasoning_details"])
    return [{**part, "choices": [{**choice, "delta": each}]} for each in made]


def parts(asked: Asked, made: list[dict[str, Any]], moment: Moment) -> list[dict[str, Any]]:
    made = [one for part in made for one in apart(part)]
    for part in made:
        native(asked, part["choices"])
        for choice in part["choices"]:
            choice["delta"].pop("refusal", None)
            choice["delta"] = {"role": "assistant", "content": "", **choice["delta"]}
            choice["delta"]["content"] = choice["delta"]["content"] or ""
        if part.get("usage"):
            last = {
                "index": 0,
                "delta": {"role": "assistant", "content": ""},
                "finish_reason": None,
                "logprobs": None,
            }
            part.update(usage=priced(part["usage"]), choices=[{**last, "native_finish_reason": None}])
        else:
            part.pop("usage", None)
    return [{"provider": provider_of(asked.model), **part} for part in made]


def id_of(ids: Ids) -> str:
    return f"gen-{ids.made('', 10, '0123456789')}-{ids.made('', 20)}"


FLAVOUR = Flavour(
    id=id_of,
    call_id=marked_id,
    thought=thought,
    thought_as=thought_as,
    is_call_whole=False,
    is_thought_whole=True,
    is_usage_sent=True,
    whole=whole,
    parts=parts,
    before=(PROCESSING,),
)


def ended_in_error(asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
    """200 whose choice says that it ended in an error, with no counts."""
    made = openai_chat.completion(asked, reply, moment, FLAVOUR)
    made["choices"][0]["finish_reason"] = "error"
    made["usage"] = {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}
    return made


def stream_ended_in_error(asked: Asked, reply: Reply, moment: Moment) -> Events:
    """A stream whose last chunk says so, without an error beside it."""
    made = openai_chat.chunks(asked, reply, moment, FLAVOUR)[:2]
    last = {**made[0], "choices": [{**made[0]["choices"][0], "finish_reason": "error"}]}
    return openai_chat.stream([*made, last], FLAVOUR)


def stream_with_error(asked: Asked, reply: Reply, moment: Moment) -> Events:
    """A stream that ends in a chunk with an error."""
    made = openai_chat.chunks(asked, reply, moment, FLAVOUR)[:2]
    return openai_chat.stream([*made, error_chunk(made[0])], FLAVOUR)


def silent(asked: Asked, reply: Reply, moment: Moment) -> Events:
    """A stream of comments only, and its end."""
    yield from [PROCESSING] * 5
    yield openai_chat.DONE


def details_lost(asked: Asked, reply: Reply, moment: Moment) -> Events:
    """A stream whose thoughts come as text, without what has to be sent back."""
    made = openai_chat.chunks(asked, reply, moment, FLAVOUR)
    for part in made:
        part["choices"][0]["delta"].pop("reasoning_details", None)
    return openai_chat.stream(made, FLAVOUR)


def answer_without_details(asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
    made = openai_chat.completion(asked, reply, moment, FLAVOUR)
    made["choices"][0]["message"].pop("reasoning_details", None)
    return made


FAULTS = {
    "error_on_200": Fault(
        says="200 with an error 429 in its body", status=200, body=error(429, "rate_limit", "")[1]
    ),
    "finish_error": Fault(
        says="200 whose finish_reason is error, without counts",
        answer=ended_in_error,
        events=stream_ended_in_error,
    ),
    "error_chunk": Fault(
        says="a stream ends in a chunk with an error and finish_reason error", events=stream_with_error
    ),
    "comments_only": Fault(says="a stream holds comments and no chunk", events=silent),
    "details_lost": Fault(
        says="the answer was thought about, and lacks reasoning_details",
        answer=answer_without_details,
        events=details_lost,
    ),
    "provider_down": Fault(
        says="502: the provider behind it failed", status=502, body=error(502, "upstream", "")[1]
    ),
    "no_provider": Fault(
        says="503: no provider meets the request", status=503, body=error(503, "no_provider", "")[1]
    ),
}

OPENROUTER = Shaped(
    name="openrouter",
    base="/api/v1",
    paths=re.compile(r"/api/v1/chat/completions"),
    flavour=FLAVOUR,
    check=check,
    own_faults=FAULTS,
    error_as=error,
    event_as=error_event,
    gone_as=gone,
    retired=RETIRED,
    foreign=re.compile(r"[^/]*$"),
    foreign_as=unknown,
)
