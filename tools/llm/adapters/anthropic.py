"""Anthropic's Messages: content blocks, and thinking that goes back signed, to who wrote it."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from tools.definition.dialects import Export
from tools.llm.adapters.base import AUTO, NONE, REQUIRED, Answer, Ask, Delta, Reader, Usage, Wire
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.adapters.in_words import Named, called_in_words, with_calls_it_takes
from tools.llm.adapters.reading import Asked, Schemas, asked_in, inner, parts_of, says_nothing, whole
from tools.llm.adapters.streaming import StreamReader
from tools.llm.adapters.writing import Changes, asked_in_words, checked, export_of, texts_joined, wire_ids
from tools.llm.parsing import parse_calls
from tools.llm.parsing.objects import objects
from tools.llm.parsing.objects.anthropic import block as called
from tools.llm.parsing.objects.anthropic import is_own
from tools.llm.parsing.objects.ends import end_of
from tools.llm.parsing.streams import AnthropicStream
from tools.llm.transcript import Call, Image, Opaque, Part, Reasoning, Result, Role, Text, Transcript

VERSION = "2023-06-01"
TOLD = {"text": "text", "thinking": "reasoning", "partial_json": "call"}
AS_TEXT = "Earlier calls went as text: the model takes none back without a thought of its own that still holds."
Ids = Mapping[str, str]


class Anthropic:
    """``/v1/messages``."""

    def key_headers(self, key: str) -> Mapping[str, str]:
        return {"x-api-key": key}

    def request(self, ask: Ask) -> Wire:
        changes, before = Changes(), ask.transcript
        ask = with_calls_it_takes(checked(ask), changes)
        transcript, _ = ask.transcript.readable_by(ask.origin)
        export = export_of(ask, "anthropic")
        must_call = changes.must_call(ask)
        body: dict[str, Any] = {"model": ask.origin.model, "max_tokens": changes.tokens(ask)}
        if system := texts_joined(ask.system, asked_in_words(must_call, export.names)):
            body["system"] = system
        if (temperature := changes.temperature(ask)) is not None:
            body["temperature"] = temperature
        if effort := changes.effort(ask):
            body["output_config"] = {"effort": effort}
        if export.tools:
            body |= {"tools": export.tools, "tool_choice": choice_of(ask, must_call, export.names.exported)}
        if ask.can.signed_calls:
            transcript, told = bound(transcript, bound_to(body), export.names.exported)
            changes += [AS_TEXT] if told else []
        body["messages"] = messages_of(transcript, wire_ids(ask), export)
        if ask.stream:
            body["stream"] = True
        return Wire(
            path="/v1/messages",
            body=body,
            headers={"anthropic-version": VERSION},
            export=export,
            changes=changes,
            stripped=before.opaque_parts - transcript.opaque_parts,
            must_call=must_call,
        )

    def answer(self, ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
        return read(ask, wire, body)

    def reader(self, ask: Ask, wire: Wire) -> Reader:
        return StreamReader(AnthropicStream(), told, partial(read, ask, wire), wire.export.names.ours)


def told(event: Mapping[str, Any], stream: AnthropicStream) -> Sequence[Delta]:
    """What *event*, which *stream* has taken in, adds to the answer."""
    kind, delta = event.get("type"), event.get("delta")
    if kind not in ("content_block_start", "content_block_delta"):
        return ()
    place = stream.place_of(event.get("index"))
    block = stream.blocks[place] if place is not None else {}
    name = str(block.get("name") or "")
    if kind == "content_block_start":
        return [Delta("call", "", place or 0, name)] if block.get("type") == "tool_use" else ()
    for field, told_as in TOLD.items():
        if isinstance(delta, Mapping) and isinstance(piece := delta.get(field), str) and piece:
            return [Delta(told_as, piece, place or 0, name) if told_as == "call" else Delta(told_as, piece)]
    return ()


def read(ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
    """*body* as an answer."""
    parsed = parse_calls(body, known=Schemas(ask, wire.export))
    if body.get("type") == "error":
        raise error_in(body)
    finish = str(body.get("stop_reason") or "")
    parts = parts_of(seen(ask, wire, objects(body.get("content"))), parsed, wire.export)
    if not (parts or finish):
        raise ModelError(ErrorKind.UNREADABLE, "The vendor answered with no message")
    if finish == "refusal" and says_nothing(parts):
        raise ModelError(ErrorKind.POLICY, "The model refused to answer")
    return Answer(
        parts=parts,
        model=str(body.get("model") or ""),
        response_id=str(body.get("id") or ""),
        finish=finish,
        end=end_of(finish),
        usage=usage_of(body.get("usage")),
        problems=tuple(parsed.problems),
    )


def seen(ask: Ask, wire: Wire, blocks: Sequence[Mapping[str, Any]]) -> list[Part | Asked]:
    """What the answer's blocks hold, in their order, as it has to be sent back."""
    found: list[Part | Asked] = []
    for block in blocks:
        kind = str(block.get("type"))
        # Bridges lose signatures; a thought without one is refused whenever it comes back.
        if is_own(kind) and (kind != "thinking" or block.get("signature")):
            found.append(Opaque(ask.origin, kind, block, bound_to(wire.body) if ask.can.signed_calls else ""))
        if kind == "thinking" and str(block.get("thinking") or "").strip():
            found.append(Reasoning(block["thinking"]))
        if kind == "text":
            found.append(Text(str(block.get("text") or "")))
        found += asked_in(called(block))
    return found


def choice_of(ask: Ask, must_call: str, exported: Callable[[str], str]) -> dict[str, Any]:
    if must_call or ask.choice in (AUTO, NONE):
        choice: dict[str, Any] = {"type": AUTO if must_call else ask.choice}
    elif ask.choice == REQUIRED:
        choice = {"type": "any"}
    else:
        choice = {"type": "tool", "name": exported(ask.choice)}
    if not ask.can.parallel_calls and choice["type"] != NONE:
        choice["disable_parallel_tool_use"] = True
    return choice


def bound_to(body: Mapping[str, Any]) -> str:
    """What a thought of the answer to *body* is bound to beside the messages before it."""
    said = json.dumps([body.get("system"), body.get("tools")], sort_keys=True)
    return sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def bound(transcript: Transcript, to: str, named: Named) -> tuple[Transcript, bool]:
    """*transcript* with the thoughts that still hold, and its calls of this turn that have none as text.

    Thoughts hold for what came before them: of this turn they do, unless instructions or tools (*to*) changed.
    Models that bind them take no call back without one. True where calls went as text.
    """
    held = transcript.with_opaque_of_the_turn()
    if any(part.bound_to not in ("", to) for one in held for part in one.parts if isinstance(part, Opaque)):
        held = held.without_opaque()
    messages, was_told = list(held.messages), False
    for at in range(held.goes_on_since, len(messages)):
        if messages[at].calls and not any(isinstance(part, Opaque) for part in messages[at].parts):
            messages[at], messages[at + 1] = called_in_words(messages[at], messages[at + 1], named)
            was_told = True
    return Transcript(tuple(messages)), was_told


def messages_of(transcript: Transcript, ids: Ids, export: Export) -> list[dict[str, Any]]:
    """*transcript* as the vendor has it: in turns, results before whatever else a user says."""
    written: list[dict[str, Any]] = []
    for message in transcript:
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        blocks = [block for part in message.parts if (block := block_of(part, ids, export))]
        if not any(not is_own(block["type"]) for block in blocks):
            continue  # thoughts alone are no message
        if written and written[-1]["role"] == role:
            written[-1]["content"] += blocks
        else:
            written.append({"role": role, "content": blocks})
    return written


def block_of(part: Part, ids: Ids, export: Export) -> dict[str, Any] | None:
    """*part* as a block; None for what is not sent."""
    match part:
        case Text(text) if text.strip():
            return {"type": "text", "text": text}
        case Image():
            source = {"type": "base64", "media_type": part.media_type, "data": b64encode(part.data).decode()}
            return {"type": "image", "source": source}
        case Opaque() if isinstance(part.value, Mapping):
            return dict(part.value)
        case Call():
            name, arguments = export.written(part.name, part.arguments)
            return {"type": "tool_use", "id": ids[part.call_id], "name": name, "input": dict(arguments)}
        case Result():
            block = {"type": "tool_result", "tool_use_id": ids[part.call_id], "content": part.content}
            return {**block, "is_error": True} if part.is_error else block
    return None


def usage_of(usage: Any) -> Usage | None:
    """Tokens as the vendor counts them: those that a cache took or gave stand beside the input, and are of it."""
    if not isinstance(usage, Mapping) or "output_tokens" not in usage:
        return None
    read_tokens = whole(usage.get("cache_read_input_tokens"))
    written = whole(usage.get("cache_creation_input_tokens"))
    return Usage(
        whole(usage.get("input_tokens")) + read_tokens + written,
        whole(usage.get("output_tokens")),
        cache_read_tokens=read_tokens,
        cache_write_tokens=written,
        reasoning_tokens=whole(inner(usage, "output_tokens_details", "thinking_tokens")),
    )
