"""How a message did not go out, in the words of the gateway's client (``gateway.py``), without that client."""

from collections.abc import Mapping
from typing import Any

from tools.errors import ToolError

# The gateway's number for it.
OPTED_OUT = 21610


class NotSent(Exception):
    """The gateway did not take the message. ``error`` is for the caller, ``answer`` what the gateway said."""

    def __init__(self, error: ToolError, answer: Mapping[str, Any]) -> None:
        super().__init__(error.detail)
        self.error = error
        self.answer = dict(answer)


class PerhapsSent(Exception):
    """There was no answer that can be understood, so the message may or may not be on its way."""
