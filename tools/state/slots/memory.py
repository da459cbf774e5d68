"""Slots of one process: the reference that the scripts in Valkey are tested against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tools.state.base import Admission, Question, Report
from tools.state.part import MemoryPart
from tools.state.slots.slot import LEASE_S, PATIENCE_S, WAITING_S, Exchange, Exchanged, InUse


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A process that waits."""

    since: float
    ends: float
    calls: int
    holds: int


@dataclass(slots=True)
class _Tool:
    taken: dict[str, float] = field(default_factory=dict)  # until when, by slot
    waiting: dict[str, _Waiting] = field(default_factory=dict)  # by process

    def forget(self, now: float) -> None:
        self.taken = {slot: ends for slot, ends in self.taken.items() if ends > now}
        self.waiting = {process: each for process, each in self.waiting.items() if each.ends > now}


class Slots(MemoryPart):
    """By tool."""

    def __init__(self) -> None:
        self._tools: dict[str, _Tool] = {}

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        wish = question.wish
        if wish is None:
            return admission
        tool = self._tool(question.tool, now)
        if len(tool.taken) >= wish.most or tool.waiting.keys() - {wish.process}:
            return admission
        tool.taken[wish.slot] = now + LEASE_S
        return replace(admission, slot=wish.slot)

    def report(self, reports: Sequence[Report], now: float) -> None:
        """Slots are given back by an exchange."""

    def exchange(self, asked: Exchange, now: float) -> Exchanged:
        tool = self._tool(asked.tool, now)
        for slot in asked.back:
            tool.taken.pop(slot, None)
        tool.taken |= dict.fromkeys(asked.renewed, now + LEASE_S)
        free = asked.most - len(tool.taken)
        own = tool.waiting.pop(asked.process, None)
        since, others = own.since if own else now, list(tool.waiting.values())
        share = asked.most // (len(others) + 1)
        reserved = sum(min(other.calls, max(1, share - other.holds)) for other in others if other.since < since)
        granted = min(len(asked.wanted), free - reserved)
        if others:
            granted = min(granted, max(1, share - asked.holds))
        granted = max(granted, 0)
        tool.taken |= dict.fromkeys(asked.wanted[:granted], now + LEASE_S)
        holds, calls = asked.holds + granted, asked.waiting - granted
        if calls > 0:
            # Who has a share, or gets something, waits from now on.
            since = now if granted or asked.holds >= max(1, share) else since
            tool.waiting[asked.process] = _Waiting(since, now + WAITING_S, calls, holds)
        return Exchanged(granted, _owed(others, holds - share, free - granted, now))

    def in_use(self, tools: Sequence[str], now: float) -> Mapping[str, InUse]:
        found = {name: self._tool(name, now) for name in tools}
        return {
            name: InUse(len(tool.taken), sum(each.calls for each in tool.waiting.values()))
            for name, tool in found.items()
        }

    def _tool(self, name: str, now: float) -> _Tool:
        tool = self._tools.setdefault(name, _Tool())
        tool.forget(now)
        return tool


def _owed(others: Sequence[_Waiting], beyond_share: int, free: int, now: float) -> int:
    """How many slots others have waited for long enough."""
    if max((now - other.since for other in others), default=0.0) < PATIENCE_S:
        return 0
    return max(0, min(beyond_share, sum(other.calls for other in others) - free))
