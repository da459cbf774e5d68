"""An answer of Anthropic: the message, and the same as events."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from salesboost.lab.asked import CHARS_PER_TOKEN, Asked, Reply, tokens_of
from salesboost.lab.planner import as_text
from salesboost.lab.vendors.anthropic_models import OLD, rules_of
from salesboost.lab.vendors.anthropic_thinking import shows_thoughts, signature, thinks_now
from salesboost.lab.vendors.base import Events, Ids, Moment

THOUGHT = "I look at what is asked and at the tools that there are."
TEXT_CHARS = 24
JSON_CHARS = 11
Block = Mapping[str, Any]


def message(asked: Asked, reply: Reply, moment: Moment) -> dict[str, Any]:
    """The whole answer."""
    blocks, is_cut = content(asked, reply, moment.ids)
    ended = "tool_use" if reply.calls else "max_tokens" if is_cut else "end_turn"
    return {
        "id": made_id(moment.ids, "msg_"),
        "type": "message",
        "role": "assistant",
        "model": reply.model or asked.model,
        "content": blocks,
        "stop_reason": reply.finish or ended,
        "stop_sequence": None,
        "usage": usage(asked, reply),
    }


def content(asked: Asked, reply: Reply, ids: Ids) -> tuple[list[dict[str, Any]], bool]:
    """The blocks of the answer, and whether its text was cut at the most tokens that were asked for."""
    rules = rules_of(asked.model) or OLD
    blocks: list[dict[str, Any]] = []
    text, thought = reply.text, reply.reasoning or THOUGHT
    if reply.calls and rules.hides_asides and text:
        text, thought = "", f"{thought}\n{text}"
    if thinks_now(asked.body, rules):
        blocks.append(thinking(asked, thought if shows_thoughts(asked.body, rules) else ""))
    most = (asked.max_tokens or rules.most_tokens) * CHARS_PER_TOKEN
    if text:
        blocks.append({"type": "text", "text": text[:most]})
    for call in reply.calls:
        block_id = call.id or made_id(ids, "toolu_")
        blocks.append({"type": "tool_use", "id": block_id, "name": call.name, "input": as_object(call.arguments)})
    return blocks, len(text) > most


def thinking(asked: Asked, text: str) -> dict[str, Any]:
    """A thought; one whose text is left out is signed, too."""
    return {"type": "thinking", "thinking": text, "signature": signature(asked.body, text, account(asked.headers))}


def account(headers: Mapping[str, str]) -> str:
    """Whose request it is: to the lab each key is an account of its own."""
    return headers.get("x-api-key", "") or headers.get("authorization", "")


def as_object(arguments: Mapping[str, Any] | str) -> Any:
    """Arguments as an answer in one piece has them; a text that is no JSON leaves nothing, as with the vendor."""
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return {}


def made_id(ids: Ids, prefix: str) -> str:
    return ids.made(f"{prefix}01", 22, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789")


def usage(asked: Asked, reply: Reply) -> dict[str, Any]:
    """What is counted; tokens read from the cache are not among ``input_tokens``."""
    whole = reply.input_tokens
    if whole is None:
        whole = tokens_of(json.dumps([asked.body.get(name) for name in ("system", "tools", "messages")]))
    written = reply.output_tokens
    if written is None:
        written = tokens_of(reply.text, reply.reasoning, *(as_text(call.arguments) for call in reply.calls))
    return {
        "input_tokens": max(0, whole - reply.cached_tokens),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": reply.cached_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": written,
        "service_tier": "standard",
    }


def events(asked: Asked, reply: Reply, moment: Moment) -> Events:
    """The same as ``message`` in events; arguments that are a text come as it stands."""
    texts = [as_text(call.arguments) for call in reply.calls]
    yield from events_of(message(asked, reply, moment), texts)


def events_of(whole: Mapping[str, Any], texts: Sequence[str] = ()) -> Events:
    """*whole* as events; *texts* are the arguments of its calls where they are no JSON."""
    begun = {**whole, "content": [], "stop_reason": None}
    if "usage" in whole:
        begun["usage"] = {**whole["usage"], "output_tokens": 1}
    yield event("message_start", message=begun)
    left = list(texts)
    for index, block in enumerate(whole["content"]):
        start, deltas = pieces(block, left)
        yield event("content_block_start", index=index, content_block=start)
        if index == 0:
            yield event("ping")
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    yield from ending(whole)


def ending(whole: Mapping[str, Any]) -> Events:
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    if "stop_details" in whole:
        delta["stop_details"] = whole["stop_details"]
    more = {"usage": whole["usage"]} if "usage" in whole else {}
    yield event("message_delta", delta=delta, **more)
    yield event("message_stop")


def pieces(block: Block, left: list[str]) -> tuple[Block, Sequence[Block]]:
    """How *block* begins, and what is added to it; takes the first of *left* where it is a call."""
    match block["type"]:
        case "text":
            return {**block, "text": ""}, [
                {"type": "text_delta", "text": part} for part in parts(block["text"], TEXT_CHARS)
            ]
        case "thinking":
            added: list[Block] = [
                {"type": "thinking_delta", "thinking": part} for part in parts(block["thinking"], TEXT_CHARS)
            ]
            added.append({"type": "signature_delta", "signature": block["signature"]})
            return {**block, "thinking": "", "signature": ""}, added
        case "tool_use" | "server_tool_use":
            text = left.pop(0) if left else as_text(block["input"])
            return {**block, "input": {}}, json_deltas(text)
    return block, []


def json_deltas(text: str) -> list[Block]:
    """The first of them is always empty."""
    return [{"type": "input_json_delta", "partial_json": part} for part in ("", *parts(text, JSON_CHARS))]


def parts(text: str, chars: int) -> Iterator[str]:
    return (text[start : start + chars] for start in range(0, len(text), chars))


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
