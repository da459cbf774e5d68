"""An answer of Gemini: whole, and in pieces that are each an answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from salesboost.lab.asked import CHARS_PER_TOKEN, Asked, Reply, tokens_of
from salesboost.lab.planner import as_text
from salesboost.lab.vendors.base import DAY, QUERY, Events, Ids, Moment
from salesboost.lab.vendors.gemini_history import signature
from salesboost.lab.vendors.gemini_models import OLD, Rules, answering, rules_of

THOUGHT = "I look at what is asked and at the tools that there are."
TEXT_CHARS = 24
Part = dict[str, Any]


def response(asked: Asked, reply: Reply, moment: Moment) -> dict[str, Any]:
    """The whole answer."""
    most = (asked.max_tokens or 1 << 16) * CHARS_PER_TOKEN
    ended = "MAX_TOKENS" if len(reply.text) > most and not reply.calls else "STOP"
    model = answering(asked.model, asked.headers.get(DAY, ""))
    return {
        "candidates": [
            {
                "content": {"parts": parts(asked, reply, moment.ids, most), "role": "model"},
                "finishReason": reply.finish or ended,
                "index": 0,
            }
        ],
        "usageMetadata": usage(asked, reply, rules_of(model) or OLD),
        "modelVersion": reply.model or model,
        "responseId": moment.ids.made("", 22, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
    }


def parts(asked: Asked, reply: Reply, ids: Ids, most: int) -> list[Part]:
    """The parts of the answer; the first call is signed, or else the text."""
    model = answering(asked.model, asked.headers.get(DAY, ""))
    rules = rules_of(model) or OLD
    made: list[Part] = []
    if rules.thinks and wants_thoughts(asked.body):
        made.append({"text": reply.reasoning or THOUGHT, "thought": True})
    said: list[Part] = [{"text": reply.text[:most]}] if reply.text else []
    calls: list[Part] = [
        {"functionCall": call(each.name, each.arguments, each.id, ids, rules)} for each in reply.calls
    ]
    signed = (calls or said)[:1]
    for part in signed if rules.signs else ():
        part["thoughtSignature"] = signature(model, key_of(asked.headers), dict(part))
    return [*made, *said, *calls]


def call(name: str, arguments: Mapping[str, Any] | str, call_id: str, ids: Ids, rules: Rules) -> Part:
    made: Part = {"name": name, "args": as_object(arguments)}
    return {**made, "id": call_id or ids.made("", 8)} if rules.ids else made


def as_object(arguments: Mapping[str, Any] | str) -> Any:
    """Arguments as an object, as they always are here; a text that is no JSON leaves nothing."""
    try:
        return json.loads(arguments) if isinstance(arguments, str) else arguments
    except ValueError:
        return {}


def wants_thoughts(body: Mapping[str, Any]) -> bool:
    thinking = body["generationConfig"].get("thinkingConfig")
    return isinstance(thinking, Mapping) and bool(thinking.get("includeThoughts"))


def key_of(headers: Mapping[str, str]) -> str:
    """The key of the request: what is signed for one is of no use with another."""
    named = headers.get("x-goog-api-key", "") or headers.get("authorization", "")
    return named or parse_qs(headers.get(QUERY, "")).get("key", [""])[0]


def usage(asked: Asked, reply: Reply, rules: Rules) -> dict[str, Any]:
    """What is counted; thoughts are not among the candidates' tokens."""
    read, written = reply.input_tokens, reply.output_tokens
    if read is None:
        said = [asked.body.get(name) for name in ("systemInstruction", "tools", "contents")]
        read = tokens_of(json.dumps(said))
    if written is None:
        written = tokens_of(reply.text, *(as_text(each.arguments) for each in reply.calls))
    thought = tokens_of(reply.reasoning or THOUGHT) if rules.thinks else 0
    counted: dict[str, Any] = {
        "promptTokenCount": read,
        "candidatesTokenCount": written,
        "totalTokenCount": read + written + thought,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": read}],
    }
    if reply.cached_tokens:
        counted["cachedContentTokenCount"] = reply.cached_tokens
    return {**counted, "thoughtsTokenCount": thought} if thought else counted


def events(asked: Asked, reply: Reply, moment: Moment) -> Events:
    """The same as ``response`` in pieces."""
    return events_of(asked, response(asked, reply, moment))


def events_of(asked: Asked, whole: Mapping[str, Any]) -> Events:
    """*whole* in pieces: events with ``alt=sse``, else one list that grows."""
    return framed(list(pieces(whole)), is_sse=is_sse(asked))


def is_sse(asked: Asked) -> bool:
    return parse_qs(asked.headers.get(QUERY, "")).get("alt") == ["sse"]


def framed(made: Sequence[Mapping[str, Any]], *, is_sse: bool) -> Events:
    for place, piece in enumerate(made):
        text = json.dumps(piece)
        if is_sse:
            yield f"data: {text}\r\n\r\n".encode()
        else:
            before, behind = ",\r\n" if place else "[", "\n]" if place == len(made) - 1 else ""
            yield f"{before}{text}{behind}".encode()


def pieces(whole: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """*whole* as answers that each have a part of it; only the last says how it ended."""
    for candidate in whole.get("candidates", ())[:1]:
        content = candidate.get("content", {})
        for part in split(content.get("parts", ())):
            yield {**whole, "candidates": [{"content": {**content, "parts": [part]}, "index": 0}]}
        if content.get("parts"):
            yield {**whole, "candidates": [{**candidate, "content": {**content, "parts": [{"text": ""}]}}]}
            return
    yield whole


def split(made: Sequence[Part]) -> Iterator[Part]:
    """Each part of an answer; a text bit by bit, with its signature behind it and no text."""
    for part in made:
        if "text" not in part:
            yield part
            continue
        text, signed = part["text"], part.get("thoughtSignature")
        plain = {name: value for name, value in part.items() if name != "thoughtSignature"}
        for start in range(0, len(text), TEXT_CHARS):
            yield {**plain, "text": text[start : start + TEXT_CHARS]}
        if signed:
            yield {"text": "", "thoughtSignature": signed}
