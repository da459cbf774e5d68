"""Slots of all processes, and their twin in memory, the reference that the scripts are tested against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from redis.commands.core import AsyncScript

from tools.state.base import US, Admission, Question, Report
from tools.state.part import MemoryPart, ValkeyPart
from tools.state.slots.slot import LEASE_S, PATIENCE_S, WAITING_S, Exchange, Exchanged, InUse


class ValkeySlots(ValkeyPart):
    """The part for Valkey's scripts. Slots are given back by an exchange, not by a report."""

    name = "slots"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        wish = question.wish
        if wish is None:
            return ()
        return (*_keys(prefix, question.tool), repr(LEASE_S * US), str(wish.most), wish.process, wish.slot)

    def granted(self, admission: Admission, value: Any) -> Admission:
        return replace(admission, slot=value.decode())


def exchange_script() -> str:
    return (Path(__file__).parent / "exchange.lua").read_text()


async def exchange(script: AsyncScript, prefix: str, now_us: str, asked: Exchange) -> Exchanged:
    """Run ``exchange.lua``."""
    times = [LEASE_S * US, WAITING_S * US, PATIENCE_S * US]
    numbers = [asked.most, asked.holds, asked.waiting, len(asked.back), len(asked.renewed)]
    granted, owed = await script(
        keys=_keys(prefix, asked.tool),
        args=[now_us, *times, asked.process, *numbers, *asked.back, *asked.renewed, *asked.wanted],
    )
    return Exchanged(int(granted), int(owed))


async def read_in_use(client: Any, prefix: str, tools: Sequence[str], now: float) -> Mapping[str, InUse]:
    """By tool."""
    async with client.pipeline(transaction=False) as pipe:
        for tool in tools:
            taken, waiting = _keys(prefix, tool)
            pipe.zcount(taken, f"({now * US:.0f}", "+inf")
            pipe.hvals(waiting)
        answers = await pipe.execute()
    return {
        tool: InUse(count, sum(_calls(entry, now) for entry in entries))
        for tool, count, entries in zip(tools, answers[::2], answers[1::2], strict=True)
    }


def _calls(entry: bytes, now: float) -> int:
    _, ends, calls, _ = map(int, entry.split())
    return calls if ends > now * US else 0


def _keys(prefix: str, tool: str) -> tuple[str, str]:
    """The set of slots taken, and the hash of processes that wait."""
    return f"{prefix}slots:{tool}", f"{prefix}waiting:{tool}"


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


class MemorySlots(MemoryPart):
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
