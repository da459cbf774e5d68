"""Chat Completions as many vendors speak it: a request is read, a reply becomes one object or many chunks."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salesboost.lab.asked import Asked, Reply, ToolUse, tokens_of
from salesboost.lab.planner import as_text
from salesboost.lab.vendors.base import Events, Ids, Moment

PIECE = 16  # characters of a text or of arguments in one chunk
DONE = b"data: [DONE]\n\n"


def nothing_thought(asked: Asked, reply: Reply) -> str:
    """What a model that does not think thought, unless the lab was told to say so."""
    return reply.reasoning


def call_id(ids: Ids, thought: str) -> str:
    return ids.made("call_", 24)


def as_it_is(asked: Asked, made: Any, moment: Moment) -> Any:
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """Where vendors that speak Chat Completions differ. ``whole`` and ``parts`` may change what was made."""

    id: Callable[[Ids], str] = lambda ids: ids.made("chatcmpl-", 29)
    call_id: Callable[[Ids, str], str] = call_id
    thought: Callable[[Asked, Reply], str] = nothing_thought
    thought_as: Callable[[Asked, str], Mapping[str, Any]] = lambda asked, thought: {}
    is_counted_apart: bool = False  # completion_tokens do not hold what was thought
    is_call_whole: bool = False  # a call is one chunk
    is_thought_whole: bool = False
    is_usage_sent: bool = False  # also to who did not ask for it
    whole: Callable[[Asked, dict[str, Any], Moment], dict[str, Any]] = as_it_is
    parts: Callable[[Asked, list[dict[str, Any]], Moment], list[dict[str, Any]]] = as_it_is
    before: Sequence[bytes] = ()  # what a stream begins with


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A reply with all that the vendor makes for it."""

    text: str
    thought: str
    calls: Sequence[ToolUse]
    finish: str
    usage: dict[str, Any]
    outer: dict[str, Any]  # what an object and each of its chunks begin with


def completed(asked: Asked, reply: Reply, moment: Moment, flavour: Flavour) -> Said:
    """*reply* with its ids and counts."""
    thought = flavour.thought(asked, reply)
    calls = [
        ToolUse(call.name, as_text(call.arguments), call.id or flavour.call_id(moment.ids, thought))
        for call in reply.calls
    ]
    text, finish = reply.text, reply.finish or ("tool_calls" if calls else "stop")
    if asked.max_tokens is not None and not reply.finish and tokens_of(text) > asked.max_tokens:
        text, finish = text[: asked.max_tokens * 4], "length"
    return Said(
        text=text,
        thought=thought,
        calls=calls,
        finish=finish,
        usage=usage_of(asked, reply, thought, flavour),
        outer={
            "id": flavour.id(moment.ids),
            "object": "chat.completion",
            "created": moment.now_s,
            "model": reply.model or asked.model,
            "system_fingerprint": moment.ids.hex("fp_", 10),
        },
    )


def usage_of(asked: Asked, reply: Reply, thought: str, flavour: Flavour) -> dict[str, Any]:
    """How many tokens went in and out."""
    said = tokens_of(reply.text, *(call.name + as_text(call.arguments) for call in reply.calls))
    thinking = tokens_of(thought) if thought else 0
    prompt = reply.input_tokens if reply.input_tokens is not None else tokens_of(json.dumps(asked.body))
    spoken = said if flavour.is_counted_apart else said + thinking
    completion = reply.output_tokens if reply.output_tokens is not None else spoken
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion + (thinking if flavour.is_counted_apart else 0),
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def completion(asked: Asked, reply: Reply, moment: Moment, flavour: Flavour) -> dict[str, Any]:
    """The whole answer."""
    said = completed(asked, reply, moment, flavour)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": said.text or None,
        "refusal": None,
        "annotations": [],
    }
    if said.thought:
        message |= flavour.thought_as(asked, said.thought)
    if said.calls:
        message["tool_calls"] = [call_object(call) for call in said.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
    return flavour.whole(asked, {**said.outer, "choices": [choice], "usage": said.usage}, moment)


def call_object(call: ToolUse) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def chunks(asked: Asked, reply: Reply, moment: Moment, flavour: Flavour) -> list[dict[str, Any]]:
    """The chunks of a stream, the role first and the counts, if they were asked for, last."""
    said = completed(asked, reply, moment, flavour)
    outer = said.outer | {"object": "chat.completion.chunk"}
    options = asked.body.get("stream_options")
    has_usage = flavour.is_usage_sent or (isinstance(options, Mapping) and options.get("include_usage") is True)
    rest = {"usage": None} if has_usage else {}

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
        return {**outer, "choices": [choice], **rest}

    first = {"role": "assistant", "content": None if said.calls and not said.text else "", "refusal": None}
    made = [chunk(first)]
    if said.thought:
        thoughts = [said.thought] if flavour.is_thought_whole else pieces(said.thought)
        made += [chunk(flavour.thought_as(asked, piece)) for piece in thoughts]
    made += [chunk({"content": piece}) for piece in pieces(said.text)]
    for index, call in enumerate(said.calls):
        made += [chunk({"tool_calls": [{"index": index, **delta}]}) for delta in call_deltas(call, flavour)]
    made.append(chunk({}, said.finish))
    if has_usage:
        made.append({**outer, "choices": [], "usage": said.usage})
    return flavour.parts(asked, made, moment)


def call_deltas(call: ToolUse, flavour: Flavour) -> list[dict[str, Any]]:
    """A call as it comes: its id and name with no arguments yet, then these in pieces."""
    if flavour.is_call_whole:
        return [call_object(call)]
    first = {**call_object(call), "function": {"name": call.name, "arguments": ""}}
    return [first, *({"function": {"arguments": piece}} for piece in pieces(as_text(call.arguments)))]


def pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def data(value: Mapping[str, Any]) -> bytes:
    """An event without a name."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def stream(made: Sequence[Mapping[str, Any]], flavour: Flavour) -> Events:
    """The events of *made* and the end."""
    yield from flavour.before
    for chunk in made:
        yield data(chunk)
    yield DONE
