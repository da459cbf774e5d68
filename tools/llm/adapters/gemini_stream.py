"""Gemini's chunks: told as they come, and put together to the answer they would have been in one piece."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.llm.adapters.base import Answer, Delta
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.adapters.reading import inner
from tools.llm.parsing import Parsed
from tools.llm.parsing.names import Known
from tools.llm.parsing.objects import objects
from tools.llm.parsing.streams import GeminiStream

HEAD = ("modelVersion", "responseId", "usageMetadata", "promptFeedback")


class CandidateReader:
    """One candidate. *read* makes an answer of it."""

    def __init__(self, read: Callable[[Mapping[str, Any], Parsed], Answer], known: Known) -> None:
        self._read, self._known = read, known
        self._stream = GeminiStream()
        self._head: dict[str, Any] = {}
        self._calls = 0
        self._is_over = False

    def add(self, event: Mapping[str, Any]) -> Sequence[Delta]:
        if event.get("error"):
            raise error_in(event)
        self._stream.add(event)
        self._head |= {name: event[name] for name in HEAD if event.get(name)}
        self._is_over = self._is_over or bool(inner(event, "promptFeedback", "blockReason"))
        told: list[Delta] = []
        for candidate in objects(event.get("candidates"))[:1]:
            self._is_over = self._is_over or bool(candidate.get("finishReason"))
            for part in objects(inner(candidate, "content", "parts")):
                told += self._told(part)
        return told

    def finish(self) -> Answer:
        if not self._is_over:
            raise ModelError(ErrorKind.BROKEN_STREAM, "The stream broke off before the answer was whole")
        parsed = self._stream.finish(known=self._known)
        return self._read(self._stream.body() | self._head, parsed)

    def _told(self, part: Mapping[str, Any]) -> list[Delta]:
        if isinstance(text := part.get("text"), str) and text:
            return [Delta("reasoning" if part.get("thought") else "text", text)]
        if isinstance(call := part.get("functionCall"), Mapping):
            self._calls += 1
            return [
                Delta("call", json.dumps(call.get("args") or {}), self._calls - 1, str(call.get("name") or ""))
            ]
        return []
