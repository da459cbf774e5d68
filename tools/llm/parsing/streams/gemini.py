"""Gemini's chunks: each holds whole parts; how the answer ended is said in the last one."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from tools.llm.parsing.names import Known
from tools.llm.parsing.objects import objects
from tools.llm.parsing.parse import parse_calls
from tools.llm.parsing.parsed import Parsed


class GeminiStream:
    """An answer in chunks. Where it ends as malformed, also the calls of earlier chunks are not run."""

    def __init__(self) -> None:
        self._parts: list[Mapping[str, Any]] = []
        self._reason = ""
        self._error: Mapping[str, Any] | None = None

    def add(self, piece: Mapping[str, Any]) -> None:
        if isinstance(piece.get("error"), Mapping):
            self._error = piece
        for candidate in objects(piece.get("candidates")):
            content = candidate.get("content")
            if isinstance(content, Mapping):
                self._parts += objects(content.get("parts"))
            self._reason = str(candidate.get("finishReason") or self._reason)

    def finish(self, *, known: Known = None) -> Parsed:
        if self._error is not None:
            return parse_calls(self._error, known=known)
        # Without a reason the stream broke off.
        candidate = {"content": {"parts": joined(self._parts)}, "finishReason": self._reason or "MAX_TOKENS"}
        return parse_calls({"candidates": [candidate]}, known=known)


def joined(parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """*parts* with neighbouring texts as one: a call written as text may be spread over chunks."""
    found: list[Mapping[str, Any]] = []
    for is_text, group in groupby(parts, _is_text):
        run = list(group)
        found += [{"text": "".join(part["text"] for part in run)}] if is_text else run
    return found


def _is_text(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("text"), str) and not part.get("thought")
