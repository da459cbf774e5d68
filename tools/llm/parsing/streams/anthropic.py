"""Anthropic's events."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.streams.base import Stream

# What the pieces of a block are called, and the kind of one whose start was lost. Each piece is added to the
# block's field of its name; that of a tool's input has none in a whole block, where it is an object.
PIECES = {"text": "text", "thinking": "thinking", "signature": "thinking", "partial_json": "tool_use"}
NOTHING = {"type": "error", "error": {"message": "The stream ended before it said anything."}}


class AnthropicStream(Stream):
    """A message in events. ``blocks`` are its own as far as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[dict[str, Any]] = []
        self._message: dict[str, Any] = {}
        self._places: dict[str, int] = {}

    def add(self, piece: Mapping[str, Any]) -> None:
        kind, index = piece.get("type"), piece.get("index")
        if kind == "message_start" and isinstance(piece.get("message"), Mapping):
            self._message |= piece["message"]
        elif kind == "content_block_start":
            self._open(index, piece.get("content_block"))
        elif kind == "content_block_delta" and isinstance(piece.get("delta"), Mapping):
            self._extend(index, piece["delta"])
        elif kind == "content_block_stop" and str(index) in self._places:
            self.blocks[self._places[str(index)]].pop("is_open", None)
        elif kind == "message_delta":
            self._end(piece)
        elif kind == "error":
            self._error = piece

    def body(self) -> dict[str, Any]:
        if not self.blocks and not self.is_over:
            return dict(NOTHING)
        # Without a reason the stream broke off.
        return {**self._message, "content": self.blocks} | ({} if self.is_over else {"stop_reason": "max_tokens"})

    def place_of(self, index: Any) -> int | None:
        """Which of the blocks stands at *index* now; None where there is none yet."""
        return self._places.get(str(index))

    def _open(self, index: Any, start: Any) -> None:
        self._places[str(index)] = len(self.blocks)
        block = dict(start) if isinstance(start, Mapping) else {}
        self.blocks.append(block | ({"is_open": True} if block.get("type") == "tool_use" else {}))

    def _extend(self, index: Any, delta: Mapping[str, Any]) -> None:
        name = next((name for name in PIECES if name in delta), "")
        if not name:
            return
        if str(index) not in self._places:
            self._open(index, {"type": PIECES[name], "name": None})
        block = self.blocks[self._places[str(index)]]
        if isinstance(delta[name], str):
            block[name] = str(block.get(name) or "") + delta[name]

    def _end(self, piece: Mapping[str, Any]) -> None:
        delta, usage, before = piece.get("delta"), piece.get("usage"), self._message.get("usage")
        if isinstance(delta, Mapping) and delta.get("stop_reason"):
            self._message["stop_reason"] = str(delta["stop_reason"])
            self.is_over = True
        if isinstance(usage, Mapping):
            self._message["usage"] = {**(before if isinstance(before, Mapping) else {}), **usage}
