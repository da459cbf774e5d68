"""Anthropic's events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.llm.parsing.names import Known
from tools.llm.parsing.objects.base import Native, ended, failed
from tools.llm.parsing.objects.ends import stopped
from tools.llm.parsing.parse import parse_calls, parse_native
from tools.llm.parsing.parsed import Draft, Parsed, ProblemKind, Written


@dataclass(slots=True)
class _Block:
    start: Mapping[str, Any]
    pieces: list[str] = field(default_factory=list)
    is_closed: bool = False


class AnthropicStream:
    """A message in events. The deltas of a tool's input count, not what its start already says."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._last: dict[str, _Block] = {}
        self._reason = ""
        self._error: Mapping[str, Any] | None = None

    def add(self, piece: Mapping[str, Any]) -> None:
        kind, index = piece.get("type"), str(piece.get("index"))
        if kind == "content_block_start":
            self._open(index, piece.get("content_block"))
        elif kind == "content_block_delta":
            self._extend(index, piece.get("delta"))
        elif kind == "content_block_stop" and index in self._last:
            self._last[index].is_closed = True
        elif kind == "message_delta" and isinstance(piece.get("delta"), Mapping):
            self._reason = str(piece["delta"].get("stop_reason") or self._reason)
        elif kind == "error":
            self._error = piece

    def finish(self, *, known: Known = None) -> Parsed:
        if self._error is not None:
            return parse_calls(self._error, known=known)
        calls = [block for block in self._blocks if block.start.get("type") == "tool_use"]
        texts = ["".join(block.pieces) for block in self._blocks if block.start.get("type") == "text"]
        native = Native([self._draft(block) for block in calls], texts=[Written(text) for text in texts])
        if not self._blocks and not self._reason:
            native = failed("The stream ended before it said anything: ask again.")
        return parse_native(ended(native, self._reason) or native, known=known)

    def _open(self, index: str, start: Any) -> None:
        block = _Block(start if isinstance(start, Mapping) else {})
        if isinstance(block.start.get("text"), str):
            block.pieces.append(block.start["text"])
        self._blocks.append(block)
        self._last[index] = block

    def _extend(self, index: str, delta: Any) -> None:
        if not isinstance(delta, Mapping):
            return
        piece = delta.get("partial_json") if "partial_json" in delta else delta.get("text")
        if index not in self._last:  # its start was lost
            self._open(index, {"type": "tool_use" if "partial_json" in delta else "text"})
        if isinstance(piece, str):
            self._last[index].pieces.append(piece)

    def _draft(self, block: _Block) -> Draft:
        written = "".join(block.pieces)
        arguments = written if written.strip() else block.start.get("input")
        cut_off = stopped(self._reason) if block.is_closed else ProblemKind.TRUNCATED
        return Draft(
            block.start.get("name"), arguments, "anthropic_stream", block.start.get("id") or "", cut_off=cut_off
        )
