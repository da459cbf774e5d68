"""A question has gone out: its arms are noted, with the hash of what was in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from tools.definition.tool import ToolDefinition
from tools.llm.experiments import exposing, kinds
from tools.llm.experiments.given import Given, exposure_of
from tools.llm.experiments.kinds import SubjectKind
from tools.llm.transcript import Origin


class Asked(Protocol):
    """A question as it was sent."""

    @property
    def origin(self) -> Origin: ...
    @property
    def system(self) -> str: ...
    @property
    def tools(self) -> Sequence[ToolDefinition[..., Any]]: ...
    @property
    def descriptions(self) -> Mapping[str, str]: ...
    @property
    def given(self) -> tuple[Given, ...]: ...


def note_sent(ask: Asked, at: datetime, *, failed_over: bool) -> None:
    """Note each arm of *ask*, which was begun *at* a moment. What is hashed is what was sent."""
    model = f"{ask.origin.provider}/{ask.origin.model}"
    for given in ask.given:
        exposing.note(exposure_of(given, sent_by(ask, given), model, failed_over=failed_over), at)


def sent_by(ask: Asked, given: Given) -> str:
    """What of *ask* is there by *given*; '' where it is not there."""
    match given.kind:
        case SubjectKind.PROMPT:
            return ask.descriptions.get(given.tool, "") if given.tool else ask.system
        case SubjectKind.MODEL:
            return kinds.of_deployment(ask.origin)
        case SubjectKind.ROUTE:
            return given.route
    offered = [tool for tool in ask.tools if tool.name == given.tool]
    return kinds.of_tool(offered[0].definition(ask.descriptions.get(given.tool, ""))) if offered else ""
