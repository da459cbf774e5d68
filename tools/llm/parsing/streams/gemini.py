"""Gemini's chunks: each holds whole parts; how the answer ended is said in the last one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tools.llm.parsing.objects import objects
from tools.llm.parsing.streams.base import Stream

HEAD = ("modelVersion", "responseId", "usageMetadata", "promptFeedback")


@dataclass(slots=True)
class _Candidate:
    parts: list[Mapping[str, Any]] = field(default_factory=list)
    reason: str = ""
    message: str = ""  # what the provider says of the reason

    def as_dict(self) -> dict[str, Any]:
        # Without a reason the stream broke off.
        said = {"finishMessage": self.message} if self.message else {}
        return {"content": {"parts": joined(self.parts)}, "finishReason": self.reason or "MAX_TOKENS", **said}


class GeminiStream(Stream):
    """An answer in chunks. Where it ends as malformed, also the calls of earlier chunks are not run.

    Of several candidates the first that has calls is the answer. ``calls`` counts those of all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self._candidates: dict[str, _Candidate] = {}
        self._head: dict[str, Any] = {}

    def add(self, piece: Mapping[str, Any]) -> None:
        if isinstance(piece.get("error"), Mapping):
            self._error = piece
        self._head |= {name: piece[name] for name in HEAD if piece.get(name)}
        feedback = piece.get("promptFeedback")
        self.is_over = self.is_over or bool(isinstance(feedback, Mapping) and feedback.get("blockReason"))
        for candidate in objects(piece.get("candidates")):
            found = self._candidates.setdefault(str(candidate.get("index") or 0), _Candidate())
            content = candidate.get("content")
            if isinstance(content, Mapping):
                parts = objects(content.get("parts"))
                found.parts += parts
                self.calls += sum("functionCall" in part for part in parts)
            found.reason = str(candidate.get("finishReason") or found.reason)
            found.message = str(candidate.get("finishMessage") or found.message)
            self.is_over = self.is_over or bool(found.reason)

    def body(self) -> dict[str, Any]:
        return {**self._head, "candidates": [one.as_dict() for _, one in sorted(self._candidates.items())]}


def joined(parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """*parts* with neighbouring texts as one: a call written as text may be spread over chunks."""
    found: list[Mapping[str, Any]] = []
    for is_text, group in groupby(parts, _is_text):
        run = list(group)
        found += [_one_text(run)] if is_text else run
    return found


def _one_text(parts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """*parts* as one, with what stands beside the text of any: the signature comes with the last."""
    beside = {name: value for part in parts for name, value in part.items()}
    return {**beside, "text": "".join(part["text"] for part in parts)}


def _is_text(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("text"), str) and not part.get("thought")
