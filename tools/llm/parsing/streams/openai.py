"""OpenAI's chunks, and what providers get wrong in them: shared indexes, repeated ids and names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.llm.parsing.names import Known
from tools.llm.parsing.objects import objects
from tools.llm.parsing.parse import parse_calls
from tools.llm.parsing.parsed import Parsed

# A reason that no later chunk makes better.
_BAD_ENDINGS = frozenset({"length", "error"})


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


class OpenAIStream:
    """A chat completion in chunks.

    A piece belongs to the call that its index opened last; one with an id or a name of its own opens another.
    """

    def __init__(self) -> None:
        self._calls: list[_Partial] = []
        self._last: dict[str, _Partial] = {}
        self._by_id: dict[tuple[str, str], _Partial] = {}
        self._text: list[str] = []
        self._reason = ""
        self._error: Mapping[str, Any] | None = None

    def add(self, piece: Mapping[str, Any]) -> None:
        if isinstance(piece.get("error"), Mapping):
            self._error = piece
        for choice in objects(piece.get("choices")):
            delta = choice.get("delta")
            if isinstance(delta, Mapping):
                self._add_delta(choice.get("index"), delta)
            if choice.get("finish_reason") and self._reason not in _BAD_ENDINGS:
                self._reason = str(choice["finish_reason"])

    def finish(self, *, known: Known = None) -> Parsed:
        if self._error is not None:
            return parse_calls(self._error, known=known)
        message = {
            "role": "assistant",
            "content": "".join(self._text),
            "tool_calls": [call.as_dict() for call in self._calls],
        }
        # Without a reason the stream broke off.
        choice = {"message": message, "finish_reason": self._reason or "length"}
        return parse_calls({"choices": [choice]}, known=known)

    def _add_delta(self, choice: Any, delta: Mapping[str, Any]) -> None:
        if isinstance(delta.get("content"), str):
            self._text.append(delta["content"])
        for call in objects(delta.get("tool_calls")):
            function = call.get("function")
            if isinstance(function, Mapping):
                self._add_call(f"{choice} {call.get('index')}", str(call.get("id") or ""), function)
        if isinstance(delta.get("function_call"), Mapping):
            self._add_call(f"{choice}", "", delta["function_call"])

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
