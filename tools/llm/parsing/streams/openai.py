"""OpenAI's chunks, and what providers get wrong in them: shared indexes, repeated ids and names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.llm.parsing.names import Known
from tools.llm.parsing.objects import objects
from tools.llm.parsing.objects.ends import is_failure, stopped
from tools.llm.parsing.parse import parse_calls
from tools.llm.parsing.parsed import Parsed


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
        self._text: list[str] = []
        self._reason = ""

    def add(self, piece: Mapping[str, Any]) -> None:
        delta = piece.get("delta")
        if isinstance(delta, Mapping):
            self._add_delta(delta)
        # No later chunk makes a bad end better.
        if piece.get("finish_reason") and not (stopped(self._reason) or is_failure(self._reason)):
            self._reason = str(piece["finish_reason"])

    def as_dict(self) -> dict[str, Any]:
        message = {
            "role": "assistant",
            "content": "".join(self._text),
            "tool_calls": [call.as_dict() for call in self._calls],
        }
        # Without a reason the stream broke off.
        return {"message": message, "finish_reason": self._reason or "length"}

    def _add_delta(self, delta: Mapping[str, Any]) -> None:
        if isinstance(delta.get("content"), str):
            self._text.append(delta["content"])
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


class OpenAIStream:
    """A chat completion in chunks; of several choices the first that has calls is the answer."""

    def __init__(self) -> None:
        self._choices: dict[str, _Choice] = {}
        self._error: Mapping[str, Any] | None = None

    def add(self, piece: Mapping[str, Any]) -> None:
        if isinstance(piece.get("error"), Mapping):
            self._error = piece
        for choice in objects(piece.get("choices")):
            self._choices.setdefault(str(choice.get("index") or 0), _Choice()).add(choice)

    def finish(self, *, known: Known = None) -> Parsed:
        if self._error is not None:
            return parse_calls(self._error, known=known)
        return parse_calls(self.body(), known=known)

    def body(self) -> dict[str, Any]:
        """The answer as it would have come in one piece."""
        choices = [choice.as_dict() for _, choice in sorted(self._choices.items())]
        return {"choices": choices or [_Choice().as_dict()]}
