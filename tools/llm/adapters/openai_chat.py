"""OpenAI's Chat Completions, which most vendors and local servers speak, each with its own words beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from tools.llm.parsing import Parsed, parse_calls
from tools.llm.parsing.objects import objects
from tools.llm.parsing.objects.ends import end_of, is_failure
from tools.llm.parsing.objects.openai import openai, thought_in
from tools.llm.parsing.streams import OpenAIStream
from tools.llm.transcript import Image, Message, Opaque, Part, Reasoning, Role, Text


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """``path`` is below the vendor's base address; ``opaque`` is a field of answers that has to go back."""

    path: str = "/chat/completions"
    opaque: str = ""
    writes_calls: bool = True  # what looks like a call in its texts is one
    effort_field: str = "reasoning_effort"

    def key_headers(self, key: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def request(self, ask: Ask) -> Wire:
        changes = Changes()
        ask = with_calls_it_takes(checked(ask), changes)
        transcript, stripped = ask.transcript.readable_by(ask.origin)
        export = export_of(ask, "openai")
        must_call = changes.must_call(ask)
        system = texts_joined(ask.system, asked_in_words(must_call, export.names))
        ids = wire_ids(ask)
        messages = [{"role": "system", "content": system}] if system else []
        for message in transcript:
            messages += self._written(message, ids, export.names.exported)
        body: dict[str, Any] = {"model": ask.origin.model, "messages": messages, **self._options(ask, changes)}
        if export.tools:
            body |= {"tools": export.tools, **self._choice(ask, must_call, export.names.exported)}
        return Wire(
            path=self.path, body=body, export=export, changes=changes, stripped=stripped, must_call=must_call
        )

    def answer(self, ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
        parsed = parse_calls(body, known=Schemas(ask, wire.export)) if self.writes_calls else Parsed()
        refuse_failed(body, parsed)
        choice = next(iter(objects(body.get("choices"))), {})
        message = choice.get("message")
        message = message if isinstance(message, Mapping) else {}
        finish = str(choice.get("finish_reason") or "")
        parts = parts_of(self._seen(ask, message), parsed, wire.export)
        if is_failure(finish) or not (parts or parsed.problems or finish):
            raise ModelError(ErrorKind.SERVER, f"The vendor ended the answer with {finish or 'nothing'}")
        if finish == "content_filter" and says_nothing(parts):
            raise ModelError(ErrorKind.POLICY, "The vendor lets its model say nothing", code=finish)
        return Answer(
            parts=parts,
            model=str(body.get("model") or ""),
            response_id=str(body.get("id") or ""),
            finish=finish,
            end=end_of(finish),
            usage=usage_of(body.get("usage")),
            cost_usd=usd(inner(body, "usage", "cost")),
            problems=tuple(parsed.problems),
        )

    def reader(self, ask: Ask, wire: Wire) -> Reader:
        return StreamReader(OpenAIStream(), told, partial(self.answer, ask, wire), wire.export.names.ours)

    def _options(self, ask: Ask, changes: Changes) -> dict[str, Any]:
        limit = "max_completion_tokens" if ask.can.completion_tokens else "max_tokens"
        options: dict[str, Any] = {limit: changes.tokens(ask)}
        if (temperature := changes.temperature(ask)) is not None:
            options["temperature"] = temperature
        if effort := changes.effort(ask):
            options[self.effort_field] = effort
        if ask.stream:
            options |= {"stream": True, "stream_options": {"include_usage": True}}
        return options

    @staticmethod
    def _choice(ask: Ask, must_call: str, exported: Any) -> dict[str, Any]:
        if ask.choice in (AUTO, NONE) or must_call:
            return {"tool_choice": AUTO if must_call else ask.choice}
        if ask.choice == REQUIRED:
            return {"tool_choice": REQUIRED}
        return {"tool_choice": {"type": "function", "function": {"name": exported(ask.choice)}}}

    def _written(self, message: Message, ids: Mapping[str, str], exported: Any) -> list[dict[str, Any]]:
        """*message* as one or more of the vendor's."""
        if message.role is Role.TOOL:
            return [
                {"role": "tool", "tool_call_id": ids[result.call_id], "content": result.content}
                for result in message.results
            ]
        if message.role is Role.USER:
            return [{"role": "user", "content": content_of(message.parts)}]
        written: dict[str, Any] = {"role": "assistant", "content": message.text or None}
        if message.calls:
            written["tool_calls"] = [
                {
                    "id": ids[call.call_id],
                    "type": "function",
                    "function": {"name": exported(call.name), "arguments": arguments_json(call.arguments)},
                }
                for call in message.calls
            ]
        for part in message.parts:
            if isinstance(part, Opaque) and part.kind == self.opaque:
                written[self.opaque] = part.value
        return [written] if message.text or message.calls else []

    def _seen(self, ask: Ask, message: Mapping[str, Any]) -> list[Part | Asked]:
        native = openai({"role": "assistant", **message})
        seen: list[Part | Asked] = []
        if self.opaque and message.get(self.opaque):
            seen.append(Opaque(ask.origin, self.opaque, message[self.opaque]))
        if (thought := thought_in(message)).strip():
            seen.append(Reasoning(thought))
        return [*seen, *(Text(one.text) for one in (native.texts if native else ())), *asked_in(native)]


def told(event: Mapping[str, Any], stream: OpenAIStream) -> Sequence[Delta]:
    """What *event*, which *stream* has taken in, adds to the answer."""
    found: list[Delta] = []
    for choice in objects(event.get("choices"))[:1]:
        delta = choice.get("delta")
        delta = delta if isinstance(delta, Mapping) else {}
        if thought := thought_in(delta):
            found.append(Delta("reasoning", thought))
        texts = (delta.get("content"), delta.get("refusal"))
        found += [Delta("text", text) for text in texts if isinstance(text, str) and text]
        for call in objects(delta.get("tool_calls")):
            name, written = inner(call, "function", "name"), inner(call, "function", "arguments")
            index, piece = whole(call.get("index")), written if isinstance(written, str) else ""
            found.append(Delta("call", piece, index, str(name or "")))
    return found


def content_of(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    """A user's parts: a text where there is nothing else."""
    if all(isinstance(part, Text) for part in parts):
        return "\n".join(part.text for part in parts if isinstance(part, Text))
    return [
        {"type": "image_url", "image_url": {"url": data_url(part)}}
        if isinstance(part, Image)
        else {"type": "text", "text": part.text}
        for part in parts
        if isinstance(part, Image | Text)
    ]


def refuse_failed(body: Mapping[str, Any], parsed: Parsed) -> None:
    """Raise ModelError where *body*, though sent as an answer, is an error that holds no call."""
    if parsed.calls:
        return
    for one in (body, *objects(body.get("choices"))[:1]):
        if one.get("error"):
            raise error_in(one)


def usage_of(usage: Any) -> Usage | None:
    """Tokens as the vendor counts them; None where it does not say."""
    if not isinstance(usage, Mapping) or not {"prompt_tokens", "completion_tokens"} & usage.keys():
        return None
    return Usage(
        whole(usage.get("prompt_tokens")),
        whole(usage.get("completion_tokens")),
        cache_read_tokens=whole(inner(usage, "prompt_tokens_details", "cached_tokens")),
        reasoning_tokens=whole(inner(usage, "completion_tokens_details", "reasoning_tokens")),
    )
