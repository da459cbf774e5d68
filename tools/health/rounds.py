"""Rounds of probes: all that are due at once, by one process for all, which read what came of it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from pydantic_core import from_json, to_json

from tools.decisions import live
from tools.definition.tool import ToolDefinition
from tools.health.probed import Probed, is_due
from tools.health.probing import Prober
from tools.running.executor import ToolExecutor
from tools.state.base import SharedState

# The results are this old at most, while some server runs.
FRESH_S = 30.0
# No two rounds begin within so long, whoever wants them.
FLOOR_S = 5.0
# Of all probes of a round together; so a round has ended when the next may begin.
TOTAL_S = 4.0
MOST_AT_ONCE = 8
ASK_AGAIN_S = 0.1
CLAIM, ROUND, PROBE = "probes", "round", "probe:"

_probers: "WeakKeyDictionary[ToolExecutor, Prober]" = WeakKeyDictionary()


async def take(executor: ToolExecutor, *, forced: bool = False, now: Callable[[], float] = time.time) -> bool:
    """Probe the tools that are due and post what came of it; False where another process has just begun to."""
    state = executor.state
    if not await state.claim(CLAIM, FLOOR_S):
        return False
    last = probed_by_tool(await state.notes())
    due = [
        tool
        for tool in executor.registry
        if live.policy(tool).enabled and is_due(tool, last.get(tool.name), now(), forced=forced)
    ]
    found = await _all(prober_of(executor), due)
    notes = {f"{PROBE}{name}": probed.pack() for name, probed in found.items()}
    await state.post({**notes, ROUND: to_json(now())})
    return True


async def taken_since(state: SharedState, moment: float) -> bool:
    """Wait until a round has ended at *moment* or later; False where none did in the time that one takes."""
    deadline = time.monotonic() + TOTAL_S + 1.0
    while time.monotonic() < deadline:
        if ended_at(await state.notes()) >= moment:
            return True
        await asyncio.sleep(ASK_AGAIN_S)
    return False


def prober_of(executor: ToolExecutor) -> Prober:
    """That of *executor*, which knows what of its probes still hangs."""
    if executor not in _probers:
        _probers[executor] = Prober(executor)
    return _probers[executor]


def ended_at(notes: Mapping[str, bytes]) -> float:
    """When the last round ended, in seconds since 1970; 0 before the first."""
    return float(from_json(notes[ROUND])) if ROUND in notes else 0.0


def probed_by_tool(notes: Mapping[str, bytes]) -> dict[str, Probed]:
    """The last answer of each tool's probe."""
    found = {
        name.removeprefix(PROBE): Probed.unpack(note) for name, note in notes.items() if name.startswith(PROBE)
    }
    return {name: probed for name, probed in found.items() if probed is not None}


async def _all(prober: Prober, due: list[ToolDefinition[..., Any]]) -> dict[str, Probed]:
    """What the probes of *due* answer, a few at a time; what does not get its turn is left for the next round."""
    turn, found = asyncio.Semaphore(MOST_AT_ONCE), dict[str, Probed]()

    async def one(tool: ToolDefinition[..., Any]) -> None:
        async with turn:
            found[tool.name] = await prober.probe(tool)

    tasks = [asyncio.create_task(one(tool)) for tool in due]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=TOTAL_S)
        for task in late:
            task.cancel()
    return found
