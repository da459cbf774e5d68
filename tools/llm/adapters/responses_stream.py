"""The events of Responses: told as they come. The last one holds the whole answer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.llm.adapters.base import Answer, Delta
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.adapters.reading import inner

ENDS = ("response.completed", "response.incomplete")
TEXTS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "text",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.function_call_arguments.delta": "call",
}


class ResponseReader:
    """One answer. *read* makes it of a body."""

    def __init__(self, read: Callable[[Mapping[str, Any]], Answer]) -> None:
        self._read = read
        self._whole: Mapping[str, Any] | None = None
        self._names: dict[int, str] = {}
        self._items: list[Mapping[str, Any]] = []

    def add(self, event: Mapping[str, Any]) -> Sequence[Delta]:
        kind = str(event.get("type"))
        if kind == "error" or event.get("error"):
            raise error_in(event)
        if kind == "response.failed":
            raise error_in(event["response"] if isinstance(event.get("response"), Mapping) else event)
        if kind in ENDS and isinstance(event.get("response"), Mapping):
            self._whole = event["response"]
        place = event.get("output_index")
        index = place if isinstance(place, int) else 0
        if kind == "response.output_item.added" and inner(event, "item", "type") == "function_call":
            self._names[index] = str(inner(event, "item", "name") or "")
            return [Delta("call", "", index, self._names[index])]
        if kind == "response.output_item.done" and isinstance(event.get("item"), Mapping):
            self._items.append(event["item"])
        if (told := TEXTS.get(kind)) and isinstance(piece := event.get("delta"), str) and piece:
            return [Delta(told, piece, index if told == "call" else 0, self._names.get(index, ""))]
        return ()

    def finish(self) -> Answer:
        if self._whole is None:
            raise ModelError(ErrorKind.BROKEN_STREAM, "The stream broke off before the answer was whole")
        # Some gateways leave out of the last event what they sent before.
        return self._read(self._whole if self._whole.get("output") else {**self._whole, "output": self._items})
