"""Gemini's generateContent: parts, and signatures of the thinking that led to a call, which go back with it."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic_core import from_json

from tools.definition.dialects import Export
from tools.llm.adapters.base import AUTO, NONE, REQUIRED, Answer, Ask, Delta, Reader, Usage, Wire
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.adapters.in_words import with_calls_it_takes
from tools.llm.adapters.reading import Asked, Schemas, asked_in, inner, parts_of, says_nothing, whole
from tools.llm.adapters.streaming import StreamReader
from tools.llm.adapters.writing import (
    Changes,
    asked_in_words,
    calls_by_id,
    checked,
    export_of,
    texts_joined,
    wire_ids,
)
from tools.llm.parsing import parse_calls
from tools.llm.parsing.objects import objects
from tools.llm.parsing.objects.ends import end_of
from tools.llm.parsing.objects.gemini import part as called
from tools.llm.parsing.streams import GeminiStream
from tools.llm.transcript import Call, Image, Message, Opaque, Part, Reasoning, Result, Role, Text

SIGNATURE = "thoughtSignature"
# What Google's documentation gives for the history of another model, whose calls have no signature.
NO_SIGNATURE = "skip_thought_signature_validator"
UNSIGNED = "Calls of another model went without their maker's signature, which costs quality."
MODES = {AUTO: "AUTO", NONE: "NONE", REQUIRED: "ANY"}
MALFORMED = frozenset(
    {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"}
)


class Gemini:
    """``/models/{model}:generateContent``, below the vendor's ``/v1beta``."""

    def key_headers(self, key: str) -> Mapping[str, str]:
        return {"x-goog-api-key": key}

    def request(self, ask: Ask) -> Wire:
        changes = Changes()
        ask = with_calls_it_takes(checked(ask), changes)
        transcript, stripped = ask.transcript.readable_by(ask.origin)
        export = export_of(ask, "gemini")
        must_call = changes.must_call(ask)
        writer = Writer(ask, export)
        body: dict[str, Any] = {"contents": writer.contents(transcript.messages)}
        if writer.is_unsigned:
            changes.append(UNSIGNED)
        if system := texts_joined(ask.system, asked_in_words(must_call, export.names)):
            body["systemInstruction"] = {"parts": [{"text": system}]}
        body["generationConfig"] = options_of(ask, changes)
        if export.tools:
            body["tools"] = [{"functionDeclarations": export.tools}]
            body["toolConfig"] = {"functionCallingConfig": choice_of(ask, must_call, export.names.exported)}
        verb = "streamGenerateContent?alt=sse" if ask.stream else "generateContent"
        return Wire(
            path=f"/models/{ask.origin.model}:{verb}",
            body=body,
            export=export,
            changes=changes,
            stripped=stripped,
            must_call=must_call,
        )

    def answer(self, ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
        return read(ask, wire, body)

    def reader(self, ask: Ask, wire: Wire) -> Reader:
        return StreamReader(GeminiStream(), told, partial(read, ask, wire), wire.export.names.ours)


def options_of(ask: Ask, changes: Changes) -> dict[str, Any]:
    options: dict[str, Any] = {"maxOutputTokens": changes.tokens(ask)}
    if (temperature := changes.temperature(ask)) is not None:
        options["temperature"] = temperature
    if effort := changes.effort(ask):
        options["thinkingConfig"] = {"thinkingLevel": effort}
    return options


def choice_of(ask: Ask, must_call: str, exported: Callable[[str], str]) -> dict[str, Any]:
    if must_call:
        return {"mode": MODES[AUTO]}
    if ask.choice in MODES:
        return {"mode": MODES[ask.choice]}
    return {"mode": MODES[REQUIRED], "allowedFunctionNames": [exported(ask.choice)]}


class Writer:
    """Messages as contents. ``is_unsigned`` tells whether a call went with the signature that stands for none."""

    def __init__(self, ask: Ask, export: Export) -> None:
        self._ask, self._export = ask, export
        self._calls, self._ids = calls_by_id(ask.transcript), wire_ids(ask)
        self.is_unsigned = False

    def contents(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        written: list[dict[str, Any]] = []
        for message in messages:
            role = "model" if message.role is Role.ASSISTANT else "user"
            parts = self._parts(message)
            if not parts:
                continue
            if written and written[-1]["role"] == role:
                written[-1]["parts"] += parts
            else:
                written.append({"role": role, "parts": parts})
        return written

    def _parts(self, message: Message) -> list[dict[str, Any]]:
        written: list[dict[str, Any]] = []
        signature, has_call = "", False
        for part in message.parts:
            if isinstance(part, Opaque | Reasoning) and signature:
                # It was of a part that is not sent, or of an empty one: so it has one of its own.
                written.append({"text": "", SIGNATURE: signature})
                signature = ""
            if isinstance(part, Opaque):
                signature = str(part.value)
                continue
            made = self._part(part)
            if made is None:
                continue
            if signature:
                made[SIGNATURE], signature = signature, ""
            # The first of calls that were made together is the one that is signed.
            elif isinstance(part, Call) and not has_call and self._ask.can.signed_calls:
                made[SIGNATURE], self.is_unsigned = NO_SIGNATURE, True
            has_call = has_call or isinstance(part, Call)
            written.append(made)
        if signature:  # of an answer that went on to say nothing more
            written.append({"text": "", SIGNATURE: signature})
        return written

    def _part(self, part: Part) -> dict[str, Any] | None:
        match part:
            case Text(text):
                return {"text": text} if text.strip() else None
            case Image():
                return {"inlineData": {"mimeType": part.media_type, "data": b64encode(part.data).decode()}}
            case Call():
                name, arguments = self._export.written(part.name, part.arguments)
                return {"functionCall": {"name": name, "args": arguments, **self._id(part)}}
            case Result():
                call = self._calls[part.call_id]
                response = {
                    "name": self._export.names.exported(call.name),
                    "response": response_of(part),
                    **self._id(call),
                }
                return {"functionResponse": response}
        return None

    def _id(self, call: Call) -> dict[str, str]:
        """The vendor's own id, where it gave one: newer models want it back."""
        return {"id": self._ids[call.call_id]} if self._ids[call.call_id] != call.call_id else {}


def response_of(result: Result) -> dict[str, Any]:
    """A result as the object that the vendor wants."""
    try:
        value = from_json(result.content, allow_inf_nan=False)
    except (ValueError, RecursionError):
        value = result.content
    return {"error" if result.is_error else "result": value}


def told(event: Mapping[str, Any], stream: GeminiStream) -> Sequence[Delta]:
    """What *event*, which *stream* has taken in, adds to the answer."""
    parts = [
        part
        for candidate in objects(event.get("candidates"))[:1]
        for part in objects(inner(candidate, "content", "parts"))
    ]
    place = stream.calls - sum("functionCall" in part for part in parts)
    found: list[Delta] = []
    for part in parts:
        if isinstance(text := part.get("text"), str) and text:
            found.append(Delta("reasoning" if part.get("thought") else "text", text))
        if (native := called(part)) and native.drafts:
            arguments = json.dumps(native.drafts[0].arguments or {})
            found.append(Delta("call", arguments, place, str(native.drafts[0].name)))
            place += 1
    return found


def read(ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
    """*body* as an answer."""
    parsed = parse_calls(body, known=Schemas(ask, wire.export))
    if body.get("error"):
        raise error_in(body)
    if blocked := inner(body, "promptFeedback", "blockReason"):
        raise ModelError(ErrorKind.POLICY, f"The question was blocked ({blocked})")
    candidate = next(iter(objects(body.get("candidates"))), None)
    if candidate is None:
        raise ModelError(ErrorKind.UNREADABLE, "The vendor answered with no candidate")
    finish = str(candidate.get("finishReason") or "")
    if finish in MALFORMED:
        said = str(candidate.get("finishMessage") or "")
        raise ModelError(ErrorKind.MALFORMED_CALL, said or f"The vendor says {finish}", code=finish.lower())
    parts = parts_of(seen(ask, objects(inner(candidate, "content", "parts"))), parsed, wire.export)
    if finish == "MISSING_THOUGHT_SIGNATURE":
        raise ModelError(ErrorKind.CAPABILITY, f"The vendor says {finish}", code=finish.lower())
    if not (parts or finish):
        raise ModelError(ErrorKind.UNREADABLE, "The vendor answered with an empty candidate")
    if says_nothing(parts) and finish not in ("STOP", "MAX_TOKENS", ""):
        raise ModelError(ErrorKind.POLICY, f"The vendor says {finish}", code=finish.lower())
    return Answer(
        parts=parts,
        model=str(body.get("modelVersion") or ""),
        response_id=str(body.get("responseId") or ""),
        finish=finish,
        end=end_of(finish),
        usage=usage_of(body.get("usageMetadata")),
        problems=tuple(parsed.problems),
    )


def seen(ask: Ask, parts: Sequence[Mapping[str, Any]]) -> list[Part | Asked]:
    """What the candidate's parts hold, in their order; a signature before the part that it is of."""
    found: list[Part | Asked] = []
    for part in parts:
        if isinstance(signature := part.get(SIGNATURE), str):
            found.append(Opaque(ask.origin, SIGNATURE, signature))
        if isinstance(text := part.get("text"), str):
            found.append(Reasoning(text) if part.get("thought") else Text(text))
        found += asked_in(called(part))
    return found


def usage_of(usage: Any) -> Usage | None:
    """Tokens as the vendor counts them: its thinking stands beside the answer, and is billed like it."""
    if not isinstance(usage, Mapping) or "promptTokenCount" not in usage:
        return None
    thoughts = whole(usage.get("thoughtsTokenCount"))
    return Usage(
        whole(usage.get("promptTokenCount")) + whole(usage.get("toolUsePromptTokenCount")),
        whole(usage.get("candidatesTokenCount")) + thoughts,
        cache_read_tokens=whole(usage.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )
