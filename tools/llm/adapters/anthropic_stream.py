"""Anthropic's events: told as they come, and put together to the message they would have been in one piece."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.llm.adapters.base import Answer, Delta
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.parsing import Parsed
from tools.llm.parsing.names import Known
from tools.llm.parsing.streams import AnthropicStream

# Deltas of a block that its maker wants back: each is added to the field of the block.
FIELDS = {"thinking_delta": "thinking", "signature_delta": "signature", "text_delta": "text"}


class MessageReader:
    """One message. *read* makes an answer of it."""

    def __init__(self, read: Callable[[Mapping[str, Any], Parsed], Answer], known: Known) -> None:
        self._read, self._known = read, known
        self._stream = AnthropicStream()
        self._message: dict[str, Any] = {}
        self._blocks: list[dict[str, Any]] = []
        self._by_index: dict[Any, dict[str, Any]] = {}
        self._is_over = False

    def add(self, event: Mapping[str, Any]) -> Sequence[Delta]:
        kind = event.get("type")
        if kind == "error":
            raise error_in(event)
        self._stream.add(event)
        if kind == "message_start" and isinstance(event.get("message"), Mapping):
            self._message |= event["message"]
        elif kind == "message_delta":
            self._end(event)
        elif kind == "content_block_start" and isinstance(event.get("content_block"), Mapping):
            block = self._by_index[event.get("index")] = dict(event["content_block"])
            self._blocks.append(block)
            if block.get("type") == "tool_use":
                return [Delta("call", "", len(self._blocks) - 1, str(block.get("name") or ""))]
        elif kind == "content_block_delta" and isinstance(event.get("delta"), Mapping):
            return self._told(event.get("index"), event["delta"])
        return ()

    def finish(self) -> Answer:
        if not self._is_over:
            raise ModelError(ErrorKind.BROKEN_STREAM, "The stream broke off before the answer was whole")
        parsed = self._stream.finish(known=self._known)
        return self._read(self._message | {"content": self._blocks}, parsed)

    def _block(self, index: Any, kind: str) -> dict[str, Any]:
        """The block at *index*; one whose start was lost is of the kind that its pieces are of."""
        if index not in self._by_index:
            made = {"thinking_delta": "thinking", "signature_delta": "thinking", "input_json_delta": "tool_use"}
            block = self._by_index[index] = {"type": made.get(kind, "text")}
            self._blocks.append(block)
        return self._by_index[index]

    def _end(self, event: Mapping[str, Any]) -> None:
        delta, usage = event.get("delta"), event.get("usage")
        if isinstance(delta, Mapping) and delta.get("stop_reason"):
            self._message["stop_reason"] = delta["stop_reason"]
            self._is_over = True
        if isinstance(usage, Mapping):
            before = self._message.get("usage")
            self._message["usage"] = {**(before if isinstance(before, Mapping) else {}), **usage}

    def _told(self, index: Any, delta: Mapping[str, Any]) -> Sequence[Delta]:
        kind = str(delta.get("type"))
        block = self._block(index, kind)
        if field := FIELDS.get(kind):
            piece = delta.get(field)
            if not isinstance(piece, str):
                return ()
            block[field] = str(block.get(field) or "") + piece
            told = {"text": "text", "thinking": "reasoning"}.get(field)
            return [Delta(told, piece)] if told and piece else ()
        if kind == "input_json_delta" and isinstance(piece := delta.get("partial_json"), str):
            place = next((at for at, each in enumerate(self._blocks) if each is block), 0)
            return [Delta("call", piece, place, str(block.get("name") or ""))]
        return ()
