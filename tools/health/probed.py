"""How a tool is probed, and what its last probe came to: a note that all processes read. Pure."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic_core import from_json, to_json

from tools.calls.nested import Calls
from tools.definition.probe import Probe
from tools.definition.tool import ToolDefinition

DRY_RUN_EVERY_S = 30.0
DRY_RUN_SLOW_S = 1.0
DRY_RUN_TIMEOUT_S = 3.0
# After so many that did not come the last one says nothing of now any more.
MISSED = 4
# Of what a probe raised so much is kept: people read it in a table, and all servers every few seconds.
ERROR_CHARS = 500


class How(StrEnum):
    """By which means a tool is asked whether it works."""

    PROBE = "probe"  # a function of its own
    DRY_RUN = "dry_run"  # its sample, as it changes nothing
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Probed:
    """One answer: *at* is in seconds since 1970; *error* says why it is not *ok*."""

    at: float
    took_ms: float
    ok: bool = True
    slow: bool = False
    error: str = ""

    def pack(self) -> bytes:
        return to_json(asdict(replace(self, error=short(self.error))))

    @classmethod
    def unpack(cls, note: bytes) -> "Probed | None":
        """None for what another version wrote."""
        try:
            return cls(**from_json(note))
        except (TypeError, ValueError):
            return None


def short(error: str) -> str:
    """*error* as a note can hold it: cut, and a question mark for half a surrogate pair."""
    kept = error if len(error) <= ERROR_CHARS else f"{error[: ERROR_CHARS - 1]}…"
    return kept.encode(errors="replace").decode()


def how(tool: ToolDefinition[..., Any]) -> How:
    """A probe of its own, else a dry run; a tool that calls others has none, for these would be calls."""
    if tool.probe is not None:
        return How.PROBE
    calls_others = bool(tool.calls) or Calls in tool.schema.injected.values()
    return How.DRY_RUN if tool.read_only and tool.sample is not None and not calls_others else How.NONE


def terms(tool: ToolDefinition[..., Any]) -> Probe:
    """How often, and for how long, *tool* may be asked."""
    if tool.probe is not None:
        return tool.probe
    timeout_s = min(DRY_RUN_TIMEOUT_S, tool.policy.timeout_s)
    return Probe(tool.function, DRY_RUN_EVERY_S, timeout_s, DRY_RUN_SLOW_S)


def is_due(tool: ToolDefinition[..., Any], last: Probed | None, now: float, *, forced: bool = False) -> bool:
    """Whether *tool* is to be probed: one that costs money never sooner than that allows, *forced* or not."""
    if how(tool) is How.NONE:
        return False
    asked = terms(tool)
    if last is None or (forced and not asked.cost_usd):
        return True
    # A second early is in time: rounds are apart by about as much as probes.
    return now - last.at >= asked.interval_s - (0.0 if asked.cost_usd else 1.0)


def counted(tool: ToolDefinition[..., Any], last: Probed | None, now: float) -> Probed | None:
    """*last* where it still says something of now."""
    if last is None or how(tool) is How.NONE:
        return None
    return last if now - last.at <= MISSED * terms(tool).interval_s else None
