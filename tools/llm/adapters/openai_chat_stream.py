"""Chat Completions in chunks: told as they come, and put together to the answer in one piece."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.llm.adapters.base import Answer, Delta
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.adapters.reading import inner
from tools.llm.parsing import Parsed
from tools.llm.parsing.names import Known
from tools.llm.parsing.objects import objects
from tools.llm.parsing.streams import OpenAIStream

THOUGHTS = ("reasoning_content", "reasoning")


class ChatReader:
    """One answer. *read* makes it of a body; *opaque* is the field of a delta whose pieces have to be kept."""

    def __init__(
        self, read: Callable[[Mapping[str, Any], Parsed], Answer], known: Known, opaque: str = ""
    ) -> None:
        self._read, self._known, self._opaque = read, known, opaque
        self._stream = OpenAIStream()
        self._head: dict[str, Any] = {}
        self._thoughts: list[str] = []
        self._refusal: list[str] = []
        self._details: list[Mapping[str, Any]] = []
        self._is_over = False

    def add(self, event: Mapping[str, Any]) -> Sequence[Delta]:
        for one in (event, *objects(event.get("choices"))[:1]):
            if one.get("error"):
                raise error_in(one)
        self._stream.add(event)
        self._head |= {name: event[name] for name in ("id", "model", "usage") if event.get(name)}
        # Groq has it elsewhere.
        if isinstance(usage := inner(event, "x_groq", "usage"), Mapping):
            self._head["usage"] = usage
        deltas: list[Delta] = []
        for choice in objects(event.get("choices"))[:1]:
            self._is_over = self._is_over or bool(choice.get("finish_reason"))
            if isinstance(delta := choice.get("delta"), Mapping):
                deltas += self._told(delta)
        return deltas

    def finish(self) -> Answer:
        if not self._is_over:
            raise ModelError(ErrorKind.BROKEN_STREAM, "The stream broke off before the answer was whole")
        parsed = self._stream.finish(known=self._known)
        body = self._head | self._stream.body()
        message = inner(next(iter(objects(body.get("choices"))), {}), "message")
        if isinstance(message, dict):
            message["reasoning_content"] = "".join(self._thoughts)
            if self._details:
                message[self._opaque] = joined(self._details)
            if self._refusal:
                message["refusal"] = "".join(self._refusal)
        return self._read(body, parsed)

    def _told(self, delta: Mapping[str, Any]) -> list[Delta]:
        told: list[Delta] = []
        thought = next((delta[name] for name in THOUGHTS if isinstance(delta.get(name), str)), "")
        if thought:
            self._thoughts.append(thought)
            told.append(Delta("reasoning", thought))
        if self._opaque:
            self._details += objects(delta.get(self._opaque))
        for said in ("content", "refusal"):
            if isinstance(text := delta.get(said), str) and text:
                told.append(Delta("text", text))
                self._refusal += [text] if said == "refusal" else []
        for call in objects(delta.get("tool_calls")):
            name, written = inner(call, "function", "name"), inner(call, "function", "arguments")
            index = call.get("index")
            told.append(
                Delta(
                    "call",
                    written if isinstance(written, str) else "",
                    index if isinstance(index, int) else 0,
                    str(name or ""),
                )
            )
        return told


def joined(pieces: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The pieces of details that were streamed, those of one index as one: texts grow, the rest is said once."""
    found: dict[Any, dict[str, Any]] = {}
    for place, piece in enumerate(pieces):
        # Of one index may be a text and what seals it: those are two.
        whole = found.setdefault((piece.get("index", f"alone {place}"), piece.get("type")), {})
        for name, value in piece.items():
            is_growing = name in ("text", "summary", "data") and isinstance(value, str)
            whole[name] = str(whole.get(name) or "") + value if is_growing else whole.get(name) or value
    return list(found.values())
