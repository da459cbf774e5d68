"""A question has gone out: its arms are noted, with the hash of the text that was in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from tools.llm.experiments import exposing
from tools.llm.experiments.given import Given, exposure_of


class Asked(Protocol):
    """A question as it was sent."""

    @property
    def system(self) -> str: ...
    @property
    def descriptions(self) -> Mapping[str, str]: ...
    @property
    def given(self) -> tuple[Given, ...]: ...


def note_sent(ask: Asked, at: datetime, *, failed_over: bool) -> None:
    """Note each arm of *ask*, which was begun *at* a moment. What is hashed is what was sent, not what the arm was to say."""
    for given in ask.given:
        text = ask.descriptions.get(given.tool, "") if given.tool else ask.system
        exposing.note(exposure_of(given, text, failed_over=failed_over), at)
