"""A question has gone out: its arms are noted, with the hash of the text that was in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from tools.llm.experiments import exposing
from tools.llm.experiments.given import Given, exposure_of
from tools.llm.transcript import Origin


class Asked(Protocol):
    """A question as it was sent."""

    @property
    def origin(self) -> Origin: ...
    @property
    def system(self) -> str: ...
    @property
    def descriptions(self) -> Mapping[str, str]: ...
    @property
    def given(self) -> tuple[Given, ...]: ...


def note_sent(ask: Asked, at: datetime, *, failed_over: bool) -> None:
    """Note each arm of *ask*, which was begun *at* a moment. What is hashed is what was sent."""
    for given in ask.given:
        text = ask.descriptions.get(given.tool, "") if given.tool else ask.system
        model = f"{ask.origin.provider}/{ask.origin.model}"
        exposing.note(exposure_of(given, text, model, failed_over=failed_over), at)
