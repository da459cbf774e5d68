"""What a stream does."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.names import Known
from tools.llm.parsing.parse import parse_calls
from tools.llm.parsing.parsed import Parsed


class Stream(ABC):
    """Gathers the pieces of one answer. Nothing is a call before ``finish``, so nothing is run twice."""

    def __init__(self) -> None:
        self.is_over = False  # its end was said: what does not say it broke off
        self._error: Mapping[str, Any] | None = None

    @abstractmethod
    def add(self, piece: Mapping[str, Any]) -> None:
        """Take the next piece, decoded from JSON; pieces of an unknown kind are passed over."""

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """The answer as it would have come in one piece, however far it came."""

    def finish(self, *, known: Known = None) -> Parsed:
        """What the pieces are together. A call that never ended is a problem, also where the stream broke off."""
        return parse_calls(self.body() if self._error is None else self._error, known=known)
