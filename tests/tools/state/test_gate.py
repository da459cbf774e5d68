"""No slot is ever lost: whatever calls come, fail, are cancelled or come too late, all are free in the end."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools import tool
from tools.background import BackgroundLoop
from tools.call import Caller, ToolCall, ToolResult
from tools.errors import ProviderError, QueueFull, QueueTimeout
from tools.policy import ToolPolicy
from tools.stages.concurrency import Concurrency
from tools.state.admissions import Admissions
from tools.state.memory import MemoryState
from tools.state.reporter import Reporter
from tools.state.slots.turns import Turns

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


@pytest.fixture(scope="module")
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


async def free(turns, state):
    async with asyncio.timeout(5):
        while any(gate.busy for gate in turns._gates.values()):
            await asyncio.sleep(0.005)
    return (await state.slots_in_use(["work"]))["work"]


@given(steps=STEPS)
@hypothesis_settings(max_examples=60, deadline=None)
def test_in_the_end_all_slots_are_free(background, steps):
    async def play():
        state = MemoryState()
        turns = Turns(state, background)
        admissions = Admissions(state, Reporter(state, background), turns=turns)
        crowd = Crowd(Concurrency(time.monotonic, turns, admissions, state))
        for step in steps:
            await crowd.do(*step)
        endings = await crowd.end()
        assert all(isinstance(ending, (ToolResult, *EXPECTED)) for ending in endings)
        assert crowd.most <= MOST
        in_use = await free(turns, state)
        assert (in_use.taken, in_use.waiting) == (0, 0)

    asyncio.run(play())
