"""No slot is ever lost: whatever calls come, fail, are cancelled or come too late, all are free in the end."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools import tool
from tools.calls.call import Caller, ToolCall, ToolResult
from tools.definition.policy import ToolPolicy
from tools.errors import ProviderError, QueueFull, QueueTimeout
from tools.process.background import BackgroundLoop
from tools.running.admissions import Admissions
from tools.stages.concurrency import Concurrency
from tools.state.memory import MemoryState
from tools.state.reporter import Reporter
from tools.state.slots.gate import Gate
from tools.state.slots.gates import Gates
from tools.state.slots.slot import Exchanged

MOST, MOST_QUEUED = 2, 4
EXPECTED = (ProviderError, QueueFull, QueueTimeout, asyncio.CancelledError)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.sampled_from(["works", "fails", "late"])),
        st.tuples(st.just("end"), st.integers(0, 9)),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("pause"), st.integers(0, 4)),
    ),
    max_size=50,
)


@tool
async def work() -> int:
    """Does nothing itself."""
    return 1


class Crowd:
    """Calls that run in the stage until they are told to end."""

    def __init__(self, stage):
        self.stage = stage
        self.calls = []
        self.running = self.most = 0

    def call(self, kind):
        may_end = asyncio.Event()
        call = ToolCall(
            tool=work,
            policy=ToolPolicy(max_concurrent=MOST, max_queued=MOST_QUEUED),
            payload={},
            caller=Caller(caller_id=str(len(self.calls) % 3)),
            deadline=time.monotonic() + (0.001 if kind == "late" else 30),
        )
        task = asyncio.ensure_future(self.stage(call, lambda call: self.run(may_end, kind)))
        self.calls.append((task, may_end))

    async def run(self, may_end, kind):
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await may_end.wait()
        finally:
            self.running -= 1
        if kind == "fails":
            raise ProviderError("down")
        return ToolResult(tool="work", tool_call_id="call_1", result=1)

    async def do(self, step, detail):
        if step == "call":
            self.call(detail)
        elif step == "pause":
            for _ in range(detail):
                await asyncio.sleep(0)
        elif self.calls:
            task, may_end = self.calls[detail % len(self.calls)]
            may_end.set() if step == "end" else task.cancel()

    async def end(self):
        for _, may_end in self.calls:
            may_end.set()
        return await asyncio.gather(*(task for task, _ in self.calls), return_exceptions=True)


def full_gate():
    """A gate of one slot, which a call has; and that slot."""
    gate = Gate("work", "here", time.monotonic)
    gate.most = 1
    wish = gate.wish()
    gate.answered(wish, wish.slot)
    return gate, gate.take()


async def test_a_slot_that_comes_as_its_call_is_cancelled_goes_to_the_next():
    gate, slot = full_gate()
    first, second = gate.join("a", 9), gate.join("a", 9)
    gate.release(slot)
    await asyncio.sleep(0)
    assert first.slot.result() == slot
    gate.leave(first)
    assert await second.slot == slot


async def test_a_slot_for_a_call_that_was_cancelled_a_moment_before_goes_to_the_next():
    gate, slot = full_gate()
    first, second = gate.join("a", 9), gate.join("a", 9)
    gate.release(slot)
    first.slot.cancel()
    assert await second.slot == slot


async def test_a_slot_for_a_loop_that_is_closed_goes_to_the_next():
    gate, slot = full_gate()

    async def join():
        gate.join("a", 9)

    await asyncio.to_thread(asyncio.run, join())
    second = gate.join("a", 9)
    gate.release(slot)
    assert await second.slot == slot


async def test_an_answer_that_was_not_heard_gives_the_slot_back_by_its_name():
    gate = Gate("work", "here", time.monotonic)
    gate.most = 1
    wish = gate.wish()
    assert gate.wish() is None
    gate.answered(wish, None)
    assert gate.offer().back == (wish.slot,)
    assert gate.wish() is not None


async def test_a_slot_that_others_wait_for_is_not_handed_on():
    gate, slot = full_gate()
    waiter = gate.join("a", 9)
    gate.settle(gate.offer(), Exchanged(granted=0, owed=1))
    gate.release(slot)
    assert gate.offer().back == (slot,)
    assert not waiter.slot.done()


@pytest.fixture(scope="module")
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


async def free(gates, state):
    async with asyncio.timeout(5):
        while any(gate.busy for gate in gates._gates.values()):
            await asyncio.sleep(0.005)
    return (await state.slots_in_use(["work"]))["work"]


@given(steps=STEPS)
@hypothesis_settings(max_examples=60)
def test_in_the_end_all_slots_are_free(background, steps):
    async def play():
        state = MemoryState()
        gates = Gates(state, background)
        admissions = Admissions(state, Reporter(state, background), gates=gates)
        crowd = Crowd(Concurrency(time.monotonic, gates, admissions, state))
        for step in steps:
            await crowd.do(*step)
        endings = await crowd.end()
        assert all(isinstance(ending, (ToolResult, *EXPECTED)) for ending in endings)
        assert crowd.most <= MOST
        in_use = await free(gates, state)
        assert (in_use.taken, in_use.waiting) == (0, 0)

    asyncio.run(play())
