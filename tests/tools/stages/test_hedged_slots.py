"""A hedge is one more attempt at the same time, and counts as one."""

import asyncio
import time

import pytest

from tools import tool
from tools.definition.policy import ToolPolicy
from tools.stages.hedging import MOST, Budget
from tools.state.memory import MemoryState


class Work:
    """Attempts that hang until they are told to end."""

    def __init__(self):
        self.running = self.most = self.begun = 0
        self.may_end = asyncio.Event()

    async def run(self):
        self.begun += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.may_end.wait()
        finally:
            self.running -= 1
        return 1


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def executor(make_executor, work):
    """Builds one of the tool ``work``, whose hedges begin at once, where they may."""

    def make(max_concurrent):
        @tool(name="work", idempotent=True)
        async def run() -> int:
            """Hangs."""
            return await work.run()

        policy = ToolPolicy(max_concurrent=max_concurrent, hedge_after_s=0.1)
        return make_executor(
            run,
            state=MemoryState(),
            clock=time.perf_counter,
            sleep=lambda seconds: asyncio.sleep(0),
            policies=lambda definition: policy,
        )

    return make


def start(executor, count):
    return [asyncio.ensure_future(executor.execute(name="work", payload={})) for _ in range(count)]


async def until(holds):
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.002)


async def a_while():
    """Long enough for hedges, whose wait is over at once."""
    for _ in range(30):
        await asyncio.sleep(0.002)


def waiting(executor):
    return executor.gates._gates["work"].waiting


@pytest.mark.parametrize(("most", "calls"), [(1, 1), (2, 2), (3, 5)])
async def test_where_all_slots_are_taken_nothing_is_hedged(executor, work, most, calls):
    made = executor(most)
    called = start(made, calls)
    await until(lambda: work.running == most)
    await a_while()
    assert work.most == work.begun == most
    work.may_end.set()
    await asyncio.gather(*called)
    assert work.most <= most


async def test_a_hedge_holds_a_slot_that_the_next_call_waits_for(executor, work):
    made = executor(2)
    [first] = start(made, 1)
    await until(lambda: work.running == 2)
    [second] = start(made, 1)
    await until(lambda: waiting(made) == 1)
    await a_while()
    assert work.most == 2
    work.may_end.set()
    assert (await first).hedges == 1
    await second
    await until(lambda: not made.gates._gates["work"].busy)
    assert (await made.state.slots_in_use(["work"]))["work"].taken == 0


async def test_a_hedged_call_that_is_cancelled_gives_both_back(executor, work):
    made = executor(2)
    [called] = start(made, 1)
    await until(lambda: work.running == 2)
    called.cancel()
    await until(lambda: not made.gates._gates["work"].busy)
    assert work.running == 0


async def test_without_a_limit_hedges_are_as_they_were(executor, work):
    called = start(executor(0), 2)
    await until(lambda: work.running == 4)
    work.may_end.set()
    assert [result.hedges for result in await asyncio.gather(*called)] == [1, 1]


def test_a_hedge_that_had_no_slot_is_not_spent():
    budget = Budget()
    budget.earn("work")
    for _ in range(20):
        assert budget.spend("work")
        budget.give_back("work")
    assert [budget.spend("work") for _ in range(int(MOST) + 1)] == [True] * int(MOST) + [False]
