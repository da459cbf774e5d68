"""xAI: Chat Completions, which it calls old, and the Responses API."""

import re
from collections.abc import Mapping
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors import openai_chat, openai_responses
from salesboost.lab.vendors.base import Events, Moment, Refused
from salesboost.lab.vendors.openai_chat import Flavour
from salesboost.lab.vendors.pictures import check_xai
from salesboost.lab.vendors.shaped import Shaped
from salesboost.lab.vendors.xai_errors import error, gone

THOUGHT = "I look at what was asked, and at the tools that there are."
RETIRED: Mapping[str, str] = dict.fromkeys(
    (
        "grok-3",
        "grok-4-0709",
        "grok-4-fast",
        "grok-4-fast-reasoning",
        "grok-4-fast-non-reasoning",
        "grok-4-1-fast",
        "grok-4-1-fast-reasoning",
        "grok-4-1-fast-non-reasoning",
        "grok-code-fast-1",
    ),
    "2026-05-15",
)
GROK = re.compile(r"grok-(\d+)(?:[.-](\d)(?!\d))?")
TICKS_PER_TOKEN = 20_000  # of a ten-thousand-millionth of a dollar: two dollars a million tokens


def version(model: str) -> tuple[int, int]:
    """Which Grok *model* is, such as (4, 5)."""
    found = GROK.match(model)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def thought(asked: Asked, reply: Reply) -> str:
    return reply.reasoning or (THOUGHT if version(asked.model) >= (4, 5) else "")


def responses_thought(asked: Asked, reply: Reply) -> str | None:
    return thought(asked, reply) or None


def check(asked: Asked) -> None:
    """Raises Refused for what xAI alone does not take."""
    check_xai(asked.body)
    body = asked.body
    reasoning = body.get("reasoning")
    if asked.api == "chat" and reasoning is not None:
        raise Refused("Argument not supported: reasoning. Use reasoning_effort.")
    effort = reasoning.get("effort") if isinstance(reasoning, Mapping) else body.get("reasoning_effort")
    at = version(asked.model)
    if at < (4, 5):
        return
    for name in ("stop", "presence_penalty", "frequency_penalty"):
        if body.get(name):
            raise Refused(f"Argument not supported on this model: {name}")
    known = ("low", "medium", "high", "xhigh") if at >= (4, 6) else ("low", "medium", "high")
    if effort is not None and effort not in known:
        raise Refused(f"Invalid reasoning effort: {effort}. The model {asked.model} takes {', '.join(known)}.")


def counted(usage: dict[str, Any]) -> dict[str, Any]:
    """Counts in xAI's words: with what they cost."""
    prompt, details = usage["prompt_tokens"], usage["completion_tokens_details"]
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    kinds = {"text_tokens": prompt, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": cached}
    return {
        **usage,
        "prompt_tokens_details": kinds,
        "completion_tokens_details": details,
        "num_sources_used": 0,
        "cost_in_usd_ticks": usage["total_tokens"] * TICKS_PER_TOKEN,
    }


def whole(asked: Asked, made: dict[str, Any], moment: Moment) -> dict[str, Any]:
    message = made["choices"][0]["message"]
    message.pop("annotations", None)
    message["content"] = message["content"] or ""
    return {**made, "usage": counted(made["usage"])}


def parts(asked: Asked, made: list[dict[str, Any]], moment: Moment) -> list[dict[str, Any]]:
    made[-1]["usage"] = counted(made[-1]["usage"])
    for part in made[:-1]:
        part.pop("usage", None)
        part["choices"][0]["delta"].pop("refusal", None)
    return made


def uuid(ids: Any) -> str:
    return "-".join(ids.hex("", chars) for chars in (8, 4, 4, 4, 12))


def without_thought(asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
    """A whole answer that was not thought about."""
    if asked.api == "responses":
        return openai_responses.response(asked, reply, moment, None)
    return openai_chat.completion(asked, reply, moment, THOUGHTLESS)


def stream_without_thought(asked: Asked, reply: Reply, moment: Moment) -> Events:
    if asked.api == "responses":
        return openai_responses.stream(
            list(openai_responses.happenings(openai_responses.response(asked, reply, moment, None)))
        )
    return openai_chat.stream(openai_chat.chunks(asked, reply, moment, THOUGHTLESS), THOUGHTLESS)


def flavour(thinks: bool) -> Flavour:
    return Flavour(
        id=uuid,
        call_id=lambda ids, thought: ids.made("call_", 8, "0123456789"),
        thought=thought if thinks else lambda asked, reply: "",
        thought_as=lambda asked, thought: {"reasoning_content": thought},
        is_counted_apart=True,
        is_call_whole=True,
        is_usage_sent=True,
        whole=whole,
        parts=parts,
    )


FLAVOUR, THOUGHTLESS = flavour(True), flavour(False)

XAI = Shaped(
    name="xai",
    base="/v1",
    paths=re.compile(r"/v1/(?:chat/completions|responses)"),
    flavour=FLAVOUR,
    check=check,
    own_faults={
        "no_reasoning": Fault(
            says="200, and the model has not thought, though it always should",
            answer=without_thought,
            events=stream_without_thought,
        ),
        "effort_refused": Fault(
            says="400: the model does not know this effort",
            status=400,
            body=error(400, "invalid", "Invalid reasoning effort.", "")[1],
        ),
        "no_credit_forbidden": Fault(
            says="403 in place of 429 for an account without money",
            status=403,
            body=error(403, "credit", "", "")[1],
        ),
    },
    error_as=error,
    gone_as=gone,
    retired=RETIRED,
    foreign=re.compile(r"(?!grok)"),
    foreign_as=gone,
    thought=responses_thought,
)
