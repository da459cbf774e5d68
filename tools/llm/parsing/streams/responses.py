"""The events of OpenAI's Responses: the last one holds the whole answer."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.streams.base import Stream

ENDS = ("response.completed", "response.incomplete")
FAILED = "response.failed"


class ResponsesStream(Stream):
    """An answer in events. ``names`` are those of its calls, by the place of their items."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[int, str] = {}
        self._whole: dict[str, Any] = {"object": "response", "status": "incomplete"}
        self._items: list[Mapping[str, Any]] = []

    def add(self, piece: Mapping[str, Any]) -> None:
        kind, response, item = piece.get("type"), within(piece, "response"), within(piece, "item")
        if kind in (*ENDS, FAILED) and response:
            self._whole, self.is_over = dict(response), True
        if kind == "response.output_item.added" and item.get("type") == "function_call":
            self.names[place_of(piece)] = str(item.get("name") or "")
        if kind == "response.output_item.done" and item:
            self._items.append(item)
        if kind == "error" or piece.get("error"):
            self._error = piece if piece.get("error") else {"error": piece}

    def body(self) -> dict[str, Any]:
        # Some gateways leave out of the last event what they sent before.
        return self._whole if self._whole.get("output") else {**self._whole, "output": self._items}


def within(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object *name* in *event*; an empty one where it is none."""
    found = event.get(name)
    return found if isinstance(found, Mapping) else {}


def place_of(event: Mapping[str, Any]) -> int:
    """Of which item the *event* tells."""
    place = event.get("output_index")
    return place if isinstance(place, int) else 0
