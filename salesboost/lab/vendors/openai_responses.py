"""Answers of the Responses API: one object, or named events with a number each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from salesboost.lab.asked import Asked, Reply, ToolUse, tokens_of
from salesboost.lab.planner import as_text
from salesboost.lab.vendors.base import Events, Moment
from salesboost.lab.vendors.openai_chat import pieces
from salesboost.lab.vendors.openai_seals import check_sum, sealed

ENCRYPTED = "reasoning.encrypted_content"
ECHOED: Mapping[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def response(asked: Asked, reply: Reply, moment: Moment, thought: str | None) -> dict[str, Any]:
    """The whole answer. *thought* is None for a model that does not think; it may think without a word."""
    shared = moment.ids.hex("", 40)
    text, is_cut = reply.text, reply.finish == "length"
    if asked.max_tokens is not None and tokens_of(text) > asked.max_tokens:
        text, is_cut = text[: asked.max_tokens * 4], True
    output = items(asked, reply, moment, thought, shared, text)
    if is_cut:
        output[-1]["status"] = "incomplete"
    return {
        "id": f"resp_{shared}{check_sum('response', shared)}",
        "object": "response",
        "created_at": moment.now_s,
        "status": "incomplete" if is_cut else "completed",
        "background": False,
        "completed_at": None if is_cut else moment.now_s,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
        "model": reply.model or asked.model,
        "output": output,
        "reasoning": {"effort": None, "summary": None} | dict(asked.body.get("reasoning") or {}),
        "service_tier": "default",
        "text": asked.body.get("text") or {"format": {"type": "text"}, "verbosity": "medium"},
        "usage": usage(asked, reply, thought),
        **{name: asked.body.get(name, known) for name, known in ECHOED.items()},
    }


def items(
    asked: Asked, reply: Reply, moment: Moment, thought: str | None, shared: str, text: str
) -> list[dict[str, Any]]:
    """What an answer holds: what was thought, what is said, what is called."""
    kept = "loose" if asked.body.get("store") is False else "stored"
    made: list[dict[str, Any]] = []
    if thought is not None:
        made.append(reasoning(asked, thought, f"rs_{shared}{check_sum(kept, shared)}"))

    def item_id(prefix: str) -> str:
        parts = ("made with", kept) if thought is not None else ("made without",)
        return f"{prefix}_{shared}{check_sum(*parts, str(len(made) - 1), shared)}"

    if text or not reply.calls:
        content = [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}]
        said = {"id": item_id("msg"), "type": "message", "status": "completed", "role": "assistant"}
        made.append({**said, "content": content})
    for call in reply.calls:
        made.append({"id": item_id("fc"), **called(call, moment)})  # noqa: PERF401 - its id counts those before it
    return made


def called(call: ToolUse, moment: Moment) -> dict[str, Any]:
    return {
        "type": "function_call",
        "status": "completed",
        "arguments": as_text(call.arguments),
        "call_id": call.id or moment.ids.made("call_", 24),
        "name": call.name,
    }


def reasoning(asked: Asked, thought: str, item_id: str) -> dict[str, Any]:
    """What was thought: closed if it was asked for, in words only if a summary was."""
    wanted = asked.body.get("reasoning")
    has_summary = isinstance(wanted, Mapping) and wanted.get("summary") and thought
    summary = [{"type": "summary_text", "text": thought}] if has_summary else []
    made: dict[str, Any] = {"id": item_id, "type": "reasoning", "summary": summary}
    if ENCRYPTED in (asked.body.get("include") or ()):
        made["encrypted_content"] = sealed(asked.vendor, asked.model, item_id)
    return made


def usage(asked: Asked, reply: Reply, thought: str | None) -> dict[str, Any]:
    said = tokens_of(reply.text, *(call.name + as_text(call.arguments) for call in reply.calls))
    thinking = tokens_of(thought) if thought is not None else 0
    read = reply.input_tokens if reply.input_tokens is not None else tokens_of(json.dumps(asked.body))
    written = reply.output_tokens if reply.output_tokens is not None else said + thinking
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": reply.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": thinking},
        "total_tokens": read + written,
    }


def happenings(made: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What happens on the way to *made*, in order and without numbers yet."""
    begun = {**made, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    begun["incomplete_details"] = None
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(made["output"]):
        yield from of_item(item, {"output_index": index})
    yield {"type": f"response.{made['status']}", "response": made}


def of_item(item: Mapping[str, Any], at: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What happens to one item of the output."""
    empty: dict[str, dict[str, Any]] = {
        "message": {"content": []},
        "function_call": {"arguments": ""},
        "reasoning": {"summary": []},
    }
    started = {"status": "in_progress"} if "status" in item else {}
    yield {"type": "response.output_item.added", **at, "item": {**item, **started, **empty[item["type"]]}}
    where = {"item_id": item["id"], **at}
    match item["type"]:
        case "message":
            for index, part in enumerate(item["content"]):
                yield from of_text(part, {**where, "content_index": index})
        case "reasoning":
            for index, part in enumerate(item["summary"]):
                yield from of_summary(part, {**where, "summary_index": index})
        case _:
            for piece in pieces(item["arguments"]):
                yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield {"type": "response.function_call_arguments.done", **where, **done}
    yield {"type": "response.output_item.done", **at, "item": item}


def of_text(part: Mapping[str, Any], where: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "response.content_part.added", **where, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **where, "part": part}


def of_summary(part: Mapping[str, Any], where: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "response.reasoning_summary_part.added", **where, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.reasoning_summary_text.delta", **where, "delta": piece}
    yield {"type": "response.reasoning_summary_text.done", **where, "text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done", **where, "part": part}


def stream(happened: Sequence[Mapping[str, Any]]) -> Events:
    """*happened* as numbered events; there is no ``[DONE]``."""
    for number, one in enumerate(happened):
        yield event({**one, "sequence_number": number})


def event(value: Mapping[str, Any]) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def failed(made: Mapping[str, Any], code: str, message: str) -> dict[str, Any]:
    """The last event of an answer that came to nothing."""
    broken = {**made, "status": "failed", "error": {"code": code, "message": message}, "completed_at": None}
    return {"type": "response.failed", "response": {**broken, "usage": None}}
