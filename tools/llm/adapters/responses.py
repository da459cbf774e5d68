"""OpenAI's Responses, without its memory: nothing is stored there, reasoning goes back encrypted."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from tools.llm.adapters.base import AUTO, NONE, REQUIRED, Answer, Ask, Delta, Reader, Usage, Wire
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.adapters.in_words import with_calls_it_takes
from tools.llm.adapters.reading import Asked, Schemas, asked_in, inner, parts_of, says_nothing, usd, whole
from tools.llm.adapters.streaming import StreamReader
from tools.llm.adapters.writing import (
    Changes,
    arguments_json,
    asked_in_words,
    checked,
    data_url,
    export_of,
    texts_joined,
    wire_ids,
)
from tools.llm.parsing import parse_calls
from tools.llm.parsing.objects import objects
from tools.llm.parsing.objects.ends import end_of
from tools.llm.parsing.objects.openai import responses, said
from tools.llm.parsing.streams import ResponsesStream
from tools.llm.parsing.streams.responses import place_of
from tools.llm.transcript import Call, Image, Message, Opaque, Part, Reasoning, Role, Text

REASONING = "reasoning"
TEXTS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "text",
    "response.reasoning_summary_text.delta": "reasoning",
}
TICKS_PER_USD = 10_000_000_000  # xAI's cost_in_usd_ticks
Ids = Mapping[str, str]


class Responses:
    """``/responses``, below the vendor's ``/v1``."""

    def key_headers(self, key: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def request(self, ask: Ask) -> Wire:
        changes = Changes()
        ask = with_calls_it_takes(checked(ask), changes)
        transcript, stripped = ask.transcript.readable_by(ask.origin)
        export = export_of(ask, "openai")
        must_call = changes.must_call(ask)
        ids, exported = wire_ids(ask), export.names.exported
        body: dict[str, Any] = {
            "model": ask.origin.model,
            "input": [item for message in transcript for item in items_of(message, ids, exported)],
            "store": False,
            "include": ["reasoning.encrypted_content"],
            "max_output_tokens": changes.tokens(ask),
        }
        if system := texts_joined(ask.system, asked_in_words(must_call, export.names)):
            body["instructions"] = system
        if (temperature := changes.temperature(ask)) is not None:
            body["temperature"] = temperature
        if effort := changes.effort(ask):
            body["reasoning"] = {"effort": effort}
        if export.tools:
            body |= tools_of(ask, export.tools, must_call, exported)
        if ask.stream:
            body["stream"] = True
        return Wire(
            path="/responses", body=body, export=export, changes=changes, stripped=stripped, must_call=must_call
        )

    def answer(self, ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
        return read(ask, wire, body)

    def reader(self, ask: Ask, wire: Wire) -> Reader:
        return StreamReader(ResponsesStream(), told, partial(read, ask, wire), wire.export.names.ours)


def told(event: Mapping[str, Any], stream: ResponsesStream) -> Sequence[Delta]:
    """What *event*, which *stream* has taken in, adds to the answer."""
    kind, place, piece = str(event.get("type")), place_of(event), event.get("delta")
    if kind == "response.output_item.added" and place in stream.names:
        return [Delta("call", "", place, stream.names[place])]
    if kind == "response.function_call_arguments.delta" and isinstance(piece, str) and piece:
        return [Delta("call", piece, place, stream.names.get(place, ""))]
    return [Delta(TEXTS[kind], piece)] if kind in TEXTS and isinstance(piece, str) and piece else ()


def tools_of(
    ask: Ask, tools: Sequence[Mapping[str, Any]], must_call: str, exported: Callable[[str], str]
) -> dict[str, Any]:
    choice: Any = AUTO if must_call else ask.choice
    if choice not in (AUTO, NONE, REQUIRED):
        choice = {"type": "function", "name": exported(ask.choice)}
    return {
        "tools": [{"type": "function", **tool["function"]} for tool in tools],
        "tool_choice": choice,
        "parallel_tool_calls": ask.can.parallel_calls,
    }


def items_of(message: Message, ids: Ids, exported: Callable[[str], str]) -> list[dict[str, Any]]:
    """*message* as items. Reasoning that nothing follows is left out: it belongs to what is behind it."""
    if message.role is Role.TOOL:
        return [
            {"type": "function_call_output", "call_id": ids[result.call_id], "output": result.content}
            for result in message.results
        ]
    if message.role is Role.USER:
        return [{"role": "user", "content": [content for part in message.parts if (content := input_of(part))]}]
    items: list[dict[str, Any]] = []
    for part in message.parts:
        match part:
            case Text(text) if text.strip():
                items.append({"role": "assistant", "content": [{"type": "output_text", "text": text}]})
            case Call():
                call = {
                    "call_id": ids[part.call_id],
                    "name": exported(part.name),
                    "arguments": arguments_json(part.arguments),
                }
                items.append({"type": "function_call", **call})
            case Opaque() if isinstance(part.value, Mapping):
                items.append(dict(part.value))
    while items and items[-1].get("type") == REASONING:
        items.pop()
    return items


def input_of(part: Part) -> dict[str, Any] | None:
    match part:
        case Text(text) if text.strip():
            return {"type": "input_text", "text": text}
        case Image():
            return {"type": "input_image", "image_url": data_url(part)}
    return None


def read(ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
    """*body* as an answer."""
    if body.get("error") or body.get("status") == "failed":
        raise error_in(body)
    parsed = parse_calls(body, known=Schemas(ask, wire.export))
    parts = parts_of(seen(ask, objects(body.get("output"))), parsed, wire.export)
    finish = str(inner(body, "incomplete_details", "reason") or body.get("status") or "")
    if finish == "content_filter" and says_nothing(parts):
        raise ModelError(ErrorKind.POLICY, "The vendor lets its model say nothing", code=finish)
    if not (parts or finish):
        raise ModelError(ErrorKind.UNREADABLE, "The vendor answered with no output")
    ticks = inner(body, "usage", "cost_in_usd_ticks")
    return Answer(
        parts=parts,
        model=str(body.get("model") or ""),
        response_id=str(body.get("id") or ""),
        finish=finish,
        end=end_of(finish),
        usage=usage_of(body.get("usage")),
        cost_usd=usd(Decimal(ticks) / TICKS_PER_USD) if isinstance(ticks, int) else None,
        problems=tuple(parsed.problems),
    )


def seen(ask: Ask, items: Sequence[Mapping[str, Any]]) -> list[Part | Asked]:
    """What the items hold, in their order. Reasoning without its encrypted form cannot go back."""
    found: list[Part | Asked] = []
    for item in items:
        kind = item.get("type")
        if kind == REASONING:
            if item.get("encrypted_content"):
                found.append(Opaque(ask.origin, REASONING, item))
            found += [Reasoning(one["text"]) for one in objects(item.get("summary")) if one.get("text")]
        elif kind == "message":
            found += [Text(one.text) for one in said(item)]
        elif kind == "function_call":
            found += asked_in(responses(item))
    return found


def usage_of(usage: Any) -> Usage | None:
    if not isinstance(usage, Mapping) or "input_tokens" not in usage:
        return None
    return Usage(
        whole(usage.get("input_tokens")),
        whole(usage.get("output_tokens")),
        cache_read_tokens=whole(inner(usage, "input_tokens_details", "cached_tokens")),
        reasoning_tokens=whole(inner(usage, "output_tokens_details", "reasoning_tokens")),
    )
