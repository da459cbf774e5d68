"""Calls with an idempotency key, through the whole pipeline."""

import asyncio
import secrets
import subprocess
import sys
from dataclasses import replace

import pytest
from django.conf import settings

from telemetry import semconv
from tools import Caller, Injected, tool
from tools.definition.policy import BreakerHold
from tools.errors import (
    BreakerOpen,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    ProviderError,
    RateLimited,
    ReturnedFailure,
    ToolBug,
)
from tools.state.valkey import ValkeyState


@pytest.fixture
def runs():
    """What ran, in order."""
    return []


@pytest.fixture
def pay(runs):
    @tool(cache_ttl_s=60)
    async def pay(amount: int) -> int:
        """Pays."""
        runs.append(amount)
        return len(runs)

    return pay


def failing(runs, *errors):
    @tool(name="pay")
    async def pay(amount: int) -> int:
        """Fails at first."""
        runs.append(amount)
        if len(runs) <= len(errors):
            raise errors[len(runs) - 1]
        return len(runs)

    return pay


async def call(executor, key="k1", amount=5, **request):
    return await executor.execute(name="pay", payload={"amount": amount}, idempotency_key=key, **request)


async def test_the_same_key_runs_once_and_gets_the_same_answer(make_executor, pay, runs, spans):
    executor = make_executor(pay)
    first, again = await call(executor), await call(executor)
    assert (first.result, again.result, runs) == (1, 1, [5])
    assert (first.replayed, again.replayed, again.cached) == (False, True, True)
    assert first.tool_call_id != again.tool_call_id
    assert [span.attributes[semconv.IDEMPOTENCY] for span in spans.get_finished_spans()] == ["first", "replayed"]


async def test_what_means_the_same_is_the_same(make_executor, pay, runs):
    executor = make_executor(pay)
    await call(executor, amount=5)
    assert (await call(executor, amount="5")).replayed


async def test_another_key_runs_again_whatever_the_cache_holds(make_executor, pay, runs):
    executor = make_executor(pay)
    await executor.execute(name="pay", payload={"amount": 5})
    await executor.flush()
    await call(executor, "k1")
    await call(executor, "k2")
    assert runs == [5, 5, 5]


async def test_a_key_belongs_to_its_caller(make_executor, pay, runs):
    executor = make_executor(pay)
    for who in ({"caller_id": "ann"}, {"caller_id": "bob"}, {"caller_id": "ann", "api_key_name": "shop"}):
        assert not (await call(executor, **who)).replayed
    assert len(runs) == 3


@pytest.mark.parametrize("other", [{"amount": 6}, {"caller_role": "coach"}], ids=["arguments", "role"])
async def test_a_key_may_not_stand_for_another_call(make_executor, pay, runs, other):
    executor = make_executor(pay)
    await call(executor)
    with pytest.raises(IdempotencyKeyReused) as caught:
        await call(executor, **other)
    assert (caught.value.status, caught.value.retryable, runs) == (422, False, [5])


async def test_a_second_call_while_the_first_runs_is_told_to_come_back(make_executor):
    go_on, began = asyncio.Event(), asyncio.Event()

    @tool
    async def pay(amount: int) -> int:
        """Waits."""
        began.set()
        await go_on.wait()
        return amount

    executor = make_executor(pay)
    first = asyncio.ensure_future(call(executor))
    await began.wait()
    with pytest.raises(IdempotencyInProgress) as caught:
        await call(executor)
    assert (caught.value.status, caught.value.retry_after_s, caught.value.layer) == (409, 1.0, "rate_limit")
    go_on.set()
    assert (await first).result == (await call(executor)).result == 5


async def test_a_failure_that_may_pass_frees_the_key(make_executor, runs):
    executor = make_executor(failing(runs, ProviderError("down")))
    with pytest.raises(ProviderError):
        await call(executor)
    assert (await call(executor)).result == 2


async def test_a_failure_that_will_not_pass_is_the_answer_for_good(make_executor, runs):
    gone = ReturnedFailure("no such account", code="not_found", hint="open one")
    executor = make_executor(failing(runs, gone))
    for replayed in (False, True):
        with pytest.raises(ReturnedFailure, match="no such account") as caught:
            await call(executor)
        error = caught.value
        assert (error.code, error.hint, error.replayed) == ("not_found", "open one", replayed)
    assert runs == [5]


async def test_a_fault_of_the_tool_is_not_run_into_twice(make_executor, runs):
    executor = make_executor(failing(runs, ZeroDivisionError()))
    for _ in range(2):
        with pytest.raises(ToolBug):
            await call(executor)
    assert runs == [5]


async def test_a_cancelled_call_frees_the_key(make_executor, runs):
    began = asyncio.Event()

    @tool
    async def pay(amount: int) -> int:
        """Waits the first time."""
        runs.append(amount)
        if len(runs) == 1:
            began.set()
            await asyncio.Event().wait()
        return len(runs)

    executor = make_executor(pay)
    task = asyncio.ensure_future(call(executor))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await call(executor)).result == 2


async def test_a_refused_call_leaves_the_key_free(make_executor, clock):
    @tool(rate="1/min")
    async def pay(amount: int) -> int:
        """Once a minute."""
        return amount

    executor = make_executor(pay)
    await call(executor, "k1")
    with pytest.raises(RateLimited):
        await call(executor, "k2")
    clock.now += 60
    assert not (await call(executor, "k2")).replayed


async def test_a_call_that_never_reached_its_tool_leaves_the_key_free(make_executor, runs, monkeypatch):
    executor = make_executor(failing(runs))
    held = replace(executor.registry.get("pay").policy, breaker_hold=BreakerHold.OPEN)
    monkeypatch.setattr(executor, "_policies", lambda definition: held)
    with pytest.raises(BreakerOpen):
        await call(executor)
    monkeypatch.setattr(executor, "_policies", lambda definition: definition.policy)
    assert (await call(executor)).result == 1


async def test_a_result_too_large_to_keep_is_not_made_again(make_executor, runs):
    @tool
    async def pay(amount: int) -> str:
        """Says much."""
        runs.append(amount)
        return "x" * 1_000_001

    executor = make_executor(pay)
    await call(executor)
    with pytest.raises(Exception, match="result of 1,000,003 bytes was not kept") as caught:
        await call(executor)
    assert (caught.value.code, runs) == ("result_not_kept", [5])


async def test_no_call_waits_for_the_ending_to_be_sent_but_the_next_with_its_key(make_executor, pay, state):
    report, held = state.report, asyncio.Event()

    async def slow(reports):
        await asyncio.sleep(0.02)
        await report(reports)
        held.set()

    state.report = slow
    executor = make_executor(pay)
    await call(executor)
    assert not held.is_set()
    assert (await call(executor)).replayed


async def test_a_tool_that_sees_its_caller_is_replayed_too(make_executor):
    @tool
    async def pay(amount: int, *, caller: Injected[Caller]) -> str:
        """Says who."""
        return caller.role

    executor = make_executor(pay)
    assert [(await call(executor, caller_role="coach")).result for _ in range(2)] == ["coach", "coach"]


OTHER = """
import asyncio, sys
import django
django.setup()
from tools import ToolExecutor, ToolRegistry, tool
from tools.decisions import live
from tools.state.valkey import ValkeyState

@tool
async def pay(amount: int) -> str:
    \"\"\"Waits until it is told to go on.\"\"\"
    print("began", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    return "paid by the other"

async def main(url, prefix):
    registry = ToolRegistry()
    registry.register(pay)
    with live.pinned(live.Snapshot()):
        executor = ToolExecutor(registry, state=ValkeyState(url, prefix=prefix))
        result = await executor.execute(name="pay", payload={"amount": 5}, idempotency_key="k1")
        await executor.flush()
        print(result.result, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_key_holds_in_all_processes(make_executor, pay, runs):
    prefix = f"tests:{secrets.token_hex(6)}:"
    executor = make_executor(pay, state=ValkeyState(settings.REDIS_URL, prefix=prefix))
    command = [sys.executable, "-c", OTHER, settings.REDIS_URL, prefix]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert await asyncio.to_thread(other.stdout.readline) == "began\n"
        with pytest.raises(IdempotencyInProgress):
            await call(executor)
        other.stdin.write("\n")
        other.stdin.flush()
        assert await asyncio.to_thread(other.stdout.readline) == "paid by the other\n"
        assert (await call(executor)).result == "paid by the other"
        with pytest.raises(IdempotencyKeyReused):
            await call(executor, amount=6)
        assert runs == []
    finally:
        other.kill()
        other.wait()
