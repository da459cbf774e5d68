"""A call's deadline through the whole pipeline, and into the calls that its tool makes."""

import asyncio
import threading

import pytest

from tools import Injected, tool
from tools.calls.call import ToolCall
from tools.calls.cancellation import Cancellation, find
from tools.definition.policy import BreakerPolicy
from tools.errors import DeadlineExceeded, ProviderError


@tool(timeout_s=30, deadline_s=20)
async def left(*, call: Injected[ToolCall]) -> float:
    """Says when the call has to have ended."""
    return call.deadline


async def deadline(executor, **request):
    return (await executor.execute(name="left", payload={}, **request)).result


async def test_a_call_has_the_time_that_its_policy_gives(make_executor, clock):
    assert await deadline(make_executor(left)) == clock.now + 20


async def test_a_caller_may_grant_less_and_not_more(make_executor, clock):
    executor = make_executor(left)
    assert await deadline(executor, deadline_s=5) == clock.now + 5
    assert await deadline(executor, deadline_s=500) == clock.now + 20


async def test_a_call_made_by_a_tool_has_no_longer_than_that_tool(make_executor, clock):
    @tool(deadline_s=7)
    async def outer() -> float:
        """Calls another."""
        clock.now += 3
        return await deadline(executor)

    executor = make_executor(outer, left)
    before = clock.now
    assert (await executor.execute(name="outer", payload={})).result == before + 7
    assert await deadline(executor) == clock.now + 20


async def test_a_call_made_from_a_tools_thread_has_no_longer_either(make_executor, clock):
    @tool(deadline_s=7)
    def outer() -> float:
        """Calls another."""
        return executor.execute_sync(name="left", payload={}).result

    executor = make_executor(outer, left)
    assert (await executor.execute(name="outer", payload={})).result == clock.now + 7


async def test_calls_made_together_share_the_time_that_is_granted(make_executor, clock):
    @tool
    async def slow() -> None:
        """Takes three seconds."""
        clock.now += 3

    before = clock.now
    calls = [{"tool": "slow"}, {"tool": "left"}, {"tool": "slow"}, {"tool": "left"}]
    endings = await make_executor(slow, left).execute_parallel(calls, max_concurrent=1, deadline_s=5)
    assert endings[1].result == before + 5
    assert endings[3].code == "deadline_exceeded"


async def test_no_retry_begins_after_the_deadline(make_executor, clock):
    tries = []

    @tool(retries=9, deadline_s=10)
    async def slow_to_fail() -> None:
        """Takes six seconds to fail."""
        tries.append(1)
        clock.now += 6
        raise ProviderError("down")

    with pytest.raises(ProviderError):
        await make_executor(slow_to_fail).execute(name="slow_to_fail", payload={})
    assert len(tries) == 2


async def test_callers_in_a_hurry_do_not_open_a_breaker(make_executor):
    @tool(breaker=BreakerPolicy(failures=1), timeout_s=30)
    async def slow() -> int:
        """Waits a little."""
        await asyncio.sleep(0.05)
        return 1

    executor = make_executor(slow)
    for _ in range(3):
        with pytest.raises(DeadlineExceeded):
            await executor.execute(name="slow", payload={}, deadline_s=0.001)
    assert (await executor.execute(name="slow", payload={})).result == 1


async def test_cancelling_a_call_cancels_what_its_thread_waits_for(make_executor):
    began, ended = asyncio.Event(), threading.Event()

    @tool
    async def inner() -> None:
        """Waits for ever."""
        loop.call_soon_threadsafe(began.set)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    @tool
    def outer() -> None:
        """Waits for another."""
        executor.execute_sync(name="inner", payload={})

    loop, executor = asyncio.get_running_loop(), make_executor(outer, inner)
    task = asyncio.ensure_future(executor.execute(name="outer", payload={}))
    await began.wait()
    task.cancel()
    assert await asyncio.to_thread(ended.wait, 5)


def test_there_is_no_cancellation_outside_a_tool():
    assert find() is None


def test_what_depends_on_a_cancelled_call_is_cancelled_at_once(clock):
    cancellation, told = Cancellation(clock.now, clock), []
    cancellation.cancel()
    with cancellation.also(lambda: told.append(1)):
        assert told == [1]
