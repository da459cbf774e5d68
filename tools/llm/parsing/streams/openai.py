"""OpenAI's chunks, and what providers get wrong in them: shared indexes, repeated ids and names."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.llm.parsing.objects import objects
from tools.llm.parsing.objects.ends import is_failure, stopped
from tools.llm.parsing.objects.openai import SEALED, THOUGHT, thought_in
from tools.llm.parsing.streams.base import Stream


@dataclass(slots=True)
class _Partial:
    call_id: str
    name: str
    arguments: list[str] = field(default_factory=list)

    @property
    def looks_whole(self) -> bool:
        return bool(self.arguments) and self.arguments[-1].rstrip().endswith("}")

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.call_id, "function": {"name": self.name, "arguments": "".join(self.arguments)}}


class _Choice:
    """One of the answers.

    A piece belongs to the call that its index opened last; one with an id or a name of its own opens another.
    """

    def __init__(self) -> None:
        self._calls: list[_Partial] = []
        self._last: dict[str, _Partial] = {}
        self._by_id: dict[tuple[str, str], _Partial] = {}
        self._texts: dict[str, list[str]] = {"content": []}
        self._sealed: dict[str, list[Mapping[str, Any]]] = {}
        self._reason = ""

    def add(self, piece: Mapping[str, Any]) -> None:
        delta = piece.get("delta")
        if isinstance(delta, Mapping):
            self._add_delta(delta)
        # No later chunk makes a bad end better.
        if piece.get("finish_reason") and not (stopped(self._reason) or is_failure(self._reason)):
            self._reason = str(piece["finish_reason"])

    def as_dict(self) -> dict[str, Any]:
        message: dict[str, Any] = {name: "".join(texts) for name, texts in self._texts.items()}
        message |= {"role": "assistant", "tool_calls": [call.as_dict() for call in self._calls]}
        message |= {name: joined(pieces) for name, pieces in self._sealed.items()}
        # Without a reason the stream broke off.
        return {"message": message, "finish_reason": self._reason or "length"}

    def _add_delta(self, delta: Mapping[str, Any]) -> None:
        said = {"content": delta.get("content"), "refusal": delta.get("refusal"), THOUGHT: thought_in(delta)}
        for name, text in said.items():
            if isinstance(text, str) and text:
                self._texts.setdefault(name, []).append(text)
        for name in SEALED:
            if pieces := list(objects(delta.get(name))):
                self._sealed.setdefault(name, []).extend(pieces)
        for call in objects(delta.get("tool_calls")):
            function = call.get("function")
            if isinstance(function, Mapping):
                self._add_call(str(call.get("index")), str(call.get("id") or ""), function)
        if isinstance(delta.get("function_call"), Mapping):
            self._add_call("", "", delta["function_call"])

    def _add_call(self, index: str, call_id: str, function: Mapping[str, Any]) -> None:
        name = str(function.get("name") or "")
        call = self._by_id.get((index, call_id)) if call_id else self._last.get(index)
        if call is None and call_id and (last := self._last.get(index)) and not last.call_id and not name:
            call = last  # its id comes late
            call.call_id = call_id
        if call is None or self._is_another(call, call_id, name):
            call = _Partial(call_id, "")
            self._calls.append(call)
        if call_id:
            self._by_id[index, call_id] = call
        self._last[index] = call
        call.name = call.name or name
        arguments = function.get("arguments")
        if arguments:
            call.arguments.append(arguments if isinstance(arguments, str) else json.dumps(arguments))

    @staticmethod
    def _is_another(call: _Partial, call_id: str, name: str) -> bool:
        """Whether a piece with *name* opens another call than the one that its index or id points to."""
        if not name or not call.name:
            return False
        return name != call.name or (not call_id and call.looks_whole)


class OpenAIStream(Stream):
    """A chat completion in chunks; of several choices the first that has calls is the answer."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: dict[str, _Choice] = {}
        self._head: dict[str, Any] = {}

    def add(self, piece: Mapping[str, Any]) -> None:
        if isinstance(piece.get("error"), Mapping):
            self._error = piece
        self._head |= {name: piece[name] for name in ("id", "model", "usage") if piece.get(name)}
        groq = piece.get("x_groq")
        if isinstance(groq, Mapping) and isinstance(groq.get("usage"), Mapping):
            self._head["usage"] = groq["usage"]
        for choice in objects(piece.get("choices")):
            self._choices.setdefault(str(choice.get("index") or 0), _Choice()).add(choice)
            self.is_over = self.is_over or bool(choice.get("finish_reason"))

    def body(self) -> dict[str, Any]:
        choices = [choice.as_dict() for _, choice in sorted(self._choices.items())]
        return {**self._head, "choices": choices or [_Choice().as_dict()]}


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
