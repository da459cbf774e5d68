"""What a probe costs is noted before it is asked, and no probe takes a round down with it."""

import asyncio
import logging
import time

import pytest

from tools import tool
from tools.definition.probe import MOST_TIMEOUT_S, Probe
from tools.errors import ProviderError
from tools.health import probing, rounds
from tools.health.probed import ERROR_CHARS
from tools.health.probing import Prober


def asked_by(probe, name="asked"):
    @tool(name=name, probe=probe)
    async def asked() -> str:
        """Is asked."""
        return ""

    return asked


async def notes(executor):
    return rounds.probed_by_tool(await executor.state.notes())


def test_the_longest_probe_fits_into_a_round():
    assert MOST_TIMEOUT_S + probing.GRACE_S < rounds.TOTAL_S < rounds.FLOOR_S


async def test_a_paid_probe_that_hangs_is_asked_once_a_day_and_noted(make_executor, clock, monkeypatch):
    monkeypatch.setattr(rounds, "TOTAL_S", 0.6)
    begun = []

    async def hangs():
        begun.append(1)
        await asyncio.sleep(20)

    executor = make_executor(asked_by(Probe(hangs, cost_usd=1, usd_a_day=1, timeout_s=0.2)))
    for _ in range(3):
        await rounds.take(executor, forced=True, now=clock)
        clock.now += rounds.FLOOR_S
    assert begun == [1]
    assert "did not answer" in (await notes(executor))["asked"].error


async def test_a_paid_probe_of_a_round_that_was_given_up_is_spent_all_the_same(make_executor, clock):
    begun = []

    async def hangs():
        begun.append(1)
        await asyncio.sleep(20)

    executor = make_executor(asked_by(Probe(hangs, cost_usd=1, usd_a_day=1)))
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await rounds.take(executor, forced=True, now=clock)
                await asyncio.sleep(1)  # nobody was asked: this is given up, too
        clock.now += rounds.FLOOR_S
    assert begun == [1]
    clock.now += 86_400
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await rounds.take(executor, forced=True, now=clock)
    assert begun == [1, 1]


async def test_a_probe_whose_round_ends_before_it_is_noted(make_executor, monkeypatch):
    """An async probe that blocks the loop: what waits beside it is cut off."""
    monkeypatch.setattr(rounds, "TOTAL_S", 0.6)

    async def hangs():
        await asyncio.sleep(20)

    async def blocks():
        await asyncio.sleep(0.05)
        time.sleep(0.8)

    executor = make_executor(
        asked_by(Probe(hangs, timeout_s=0.3), "waits"), asked_by(Probe(blocks, timeout_s=0.3), "blocks")
    )
    assert await rounds.take(executor)
    found = await notes(executor)
    assert set(found) == {"waits", "blocks"} and not found["waits"].ok and found["waits"].error


async def test_what_got_no_turn_is_first_in_the_next_round(make_executor, clock, monkeypatch):
    monkeypatch.setattr(rounds, "TOTAL_S", 0.6)
    monkeypatch.setattr(rounds, "MOST_AT_ONCE", 1)
    asked = []

    def made(name):
        async def hangs():
            asked.append(name)
            await asyncio.sleep(20)

        return asked_by(Probe(hangs, timeout_s=0.3), name)

    executor = make_executor(made("one"), made("two"))
    for _ in range(2):
        await rounds.take(executor, forced=True, now=clock)
        clock.now += rounds.FLOOR_S
    assert asked == ["one", "two"]


async def test_a_probe_that_was_cancelled_is_not_begun_beside_itself(make_executor):
    begun = []

    async def stubborn():
        begun.append(1)
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)

    definition = asked_by(Probe(stubborn))
    prober = Prober(make_executor(definition))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await prober.probe(definition)
    assert (await prober.probe(definition)).error == "The last probe of it still hangs."
    assert begun == [1]


async def test_an_error_that_is_no_text_or_very_long_takes_no_round_down(make_executor):
    async def half():
        raise ProviderError("half a pair: \ud83d")

    async def talks():
        raise ProviderError("x" * 100_000)

    executor = make_executor(asked_by(half, "half"), asked_by(talks, "talks"))
    assert await rounds.take(executor)
    found = await notes(executor)
    assert rounds.ended_at(await executor.state.notes())
    assert found["half"].error == "half a pair: ?"
    assert len(found["talks"].error) == ERROR_CHARS and found["talks"].error.endswith("…")


async def test_a_fault_of_a_probe_is_logged_once_until_it_changes(make_executor, caplog):
    faults = iter([KeyError("a"), KeyError("a"), ValueError("b"), None, ValueError("b")])

    async def breaks():
        if fault := next(faults):
            raise fault

    definition = asked_by(breaks)
    prober = Prober(make_executor(definition))
    with caplog.at_level(logging.ERROR):
        found = [await prober.probe(definition) for _ in range(5)]
    assert [each.ok for each in found] == [False, False, False, True, False]
    assert [type(record.exc_info[1]) for record in caplog.records] == [KeyError, ValueError, ValueError]


def test_what_a_day_may_cost_is_counted_as_written():
    assert Probe(test_what_a_day_may_cost_is_counted_as_written, cost_usd=0.1, usd_a_day=0.3).interval_s == 28_800
