"""Slots of all processes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from redis.commands.core import AsyncScript

from tools.state.base import US, Admission, Question
from tools.state.part import ValkeyPart
from tools.state.slots.slot import LEASE_S, PATIENCE_S, WAITING_S, Exchange, Exchanged, InUse


class Slots(ValkeyPart):
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
