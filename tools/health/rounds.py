"""Rounds of probes: all that are due at once, by one process for all, which read what came of it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from pydantic_core import from_json, to_json

from tools.decisions import live
from tools.definition.tool import ToolDefinition
from tools.health.probed import Probed, is_due, terms
from tools.health.probing import GRACE_S, Prober
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
CUT_OFF = "It had not answered when its round ended."

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
    # What did not get its turn the last time comes first now.
    due.sort(key=lambda tool: last[tool.name].at if tool.name in last else 0.0)
    found = await _all(executor, due, now)
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


async def _all(
    executor: ToolExecutor, due: list[ToolDefinition[..., Any]], now: Callable[[], float]
) -> dict[str, Probed]:
    """What the probes of *due* answer, a few at a time; what does not get its turn is left for the next round."""
    turn, found, begun = asyncio.Semaphore(MOST_AT_ONCE), dict[str, Probed](), set[str]()
    ends_at = time.monotonic() + TOTAL_S

    async def one(tool: ToolDefinition[..., Any]) -> None:
        async with turn:
            # One that may last longer than the round would be cut off, and look as if it failed.
            fits = time.monotonic() + terms(tool).timeout_s + GRACE_S <= ends_at
            if fits and await _may_spend(executor.state, tool):
                begun.add(tool.name)
                found[tool.name] = await prober_of(executor).probe(tool)

    tasks = [asyncio.create_task(one(tool)) for tool in due]
    try:
        ended = (await asyncio.wait(tasks, timeout=TOTAL_S))[0] if tasks else set()
    finally:
        for task in tasks:
            task.cancel()
    for task in ended:
        task.result()
    # It was asked, and where it costs money that is spent.
    cut = {name: Probed(now(), TOTAL_S * 1000, ok=False, error=CUT_OFF) for name in begun - found.keys()}
    return {**cut, **found}


async def _may_spend(state: SharedState, tool: ToolDefinition[..., Any]) -> bool:
    """Whether nobody has asked *tool* within the time that its money allows; noted before it is asked.

    What it answers is noted after, and so not at all where its round is cut off.
    """
    asked = terms(tool)
    return not asked.cost_usd or await state.claim(f"{PROBE}{tool.name}", asked.interval_s)
