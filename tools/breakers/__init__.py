"""The breakers of all tools as operators see them, and what an admin may do to one."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from simple_history.utils import update_change_reason

from tools.decisions import live
from tools.decisions.rows import ensure_rows
from tools.definition.policy import BreakerHold
from tools.definition.tool import ToolDefinition
from tools.models import Tool
from tools.running.runtime import get_executor
from tools.state.base import BreakerState, Decided


class Action(StrEnum):
    """OPEN and CLOSE act once, then the breaker goes by its counts; a hold stays until AUTO ends it."""

    OPEN = "open"
    CLOSE = "close"
    HOLD_OPEN = "hold_open"
    HOLD_CLOSED = "hold_closed"
    AUTO = "auto"


HOLDS = {
    Action.HOLD_OPEN: BreakerHold.OPEN,
    Action.HOLD_CLOSED: BreakerHold.CLOSED,
    Action.AUTO: BreakerHold.NONE,
}
# What the tool's history says of each.
REASONS = {
    Action.OPEN: "breaker opened",
    Action.CLOSE: "breaker closed",
    Action.HOLD_OPEN: "breaker held open",
    Action.HOLD_CLOSED: "breaker held closed",
    Action.AUTO: "breaker let go",
}


@dataclass(frozen=True, slots=True)
class Status:
    """One breaker now. ``counted`` is the state that would hold without an admin's hold."""

    tool: str
    state: BreakerState
    counted: BreakerState
    rest_s: float  # until a call may probe the tool; 0 where it does not rest

    @property
    def words(self) -> str:
        words = self.state.replace("_", " " if self.state.startswith("held") else "-")
        return f"{words}, {self.rest_s:.0f} s left" if self.state is BreakerState.OPEN else words


def status_of(tool: ToolDefinition[..., Any]) -> Status:
    """As this process has heard it, without a round trip."""
    shared, hold = get_executor().state, live.policy(tool).breaker_hold
    counted = shared.breaker_state(tool.name)
    state = BreakerState(f"held_{hold}") if hold else counted
    return Status(tool.name, state, counted, round(shared.breaker_rest_s(tool.name), 1))


def statuses() -> dict[str, Status]:
    """Of every registered tool, by name."""
    return {tool.name: status_of(tool) for tool in get_executor().registry}


def as_dict(status: Status) -> dict[str, Any]:
    """The shape of the REST answer."""
    return asdict(status)


def act(name: str, action: Action, by: str = "") -> Status:
    """Do *action* to the breaker of the tool *name*, in all processes; the tool's history keeps it.

    Call it in a thread. *by* is who asked, where that is no signed-in user. Raises UnknownTool.
    """
    executor = get_executor()
    tool = executor.registry.get(name)
    ensure_rows(executor.registry)
    row = Tool.objects.get(name=name)
    if action in HOLDS:
        row.breaker_hold = HOLDS[action]
    row.save()
    update_change_reason(row, REASONS[action] + (f" by {by}" if by else ""))
    if action in HOLDS:
        transaction.on_commit(live.refresh)
    else:
        executor.reporter.add(Decided(name, action is Action.OPEN, live.policy(tool).breaker))
        executor.reporter.flush()
    return status_of(tool)
