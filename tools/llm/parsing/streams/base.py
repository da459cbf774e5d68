"""What a stream does."""

from collections.abc import Mapping
from typing import Any, Protocol

from tools.llm.parsing.names import Known
from tools.llm.parsing.parsed import Parsed


class Stream(Protocol):
    """Gathers the pieces of one answer. Nothing is a call before ``finish``, so nothing is run twice."""

    def add(self, piece: Mapping[str, Any]) -> None:
        """Take the next piece, decoded from JSON; pieces of an unknown kind are passed over."""

    def finish(self, *, known: Known = None) -> Parsed:
        """What the pieces are together. A call that never ended is a problem, also where the stream broke off."""
