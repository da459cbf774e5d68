"""A stale result is given at once, while one call in the background fetches a new one."""

import asyncio

import pytest

from tools import Caller, Injected, tool
from tools.errors import ProviderError

answers = []


@tool(cache_ttl_s=60, cache_stale_s=600, rate="100/min")
async def price(sku: str, *, caller: Injected[Caller]) -> str:
    """Says a price."""
    answer = answers.pop(0)
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture
def executor(make_executor):
    return make_executor(price)


@pytest.fixture
def ask(executor):
    async def one():
        result = await executor.execute(name="price", payload={"sku": "A"}, caller_role="coach", session_id="s")
        await settle(executor)
        return result.result, result.cache

    return one


async def settle(executor):
    """Until all that runs in the background has ended and is reported."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
    await executor.flush()


async def test_a_stale_result_is_given_at_once_and_fetched_anew(ask, clock):
    answers[:] = ["old", "new"]
    assert await ask() == ("old", "miss")
    clock.now += 61
    assert await ask() == ("old", "stale")
    assert await ask() == ("new", "hit")


async def test_a_result_is_not_given_when_its_stale_time_is_over(ask, clock):
    answers[:] = ["old", "new"]
    await ask()
    clock.now += 661
    assert await ask() == ("new", "miss")


async def test_many_stale_answers_begin_one_refresh(executor, ask, clock):
    answers[:] = ["old", "new"]
    await ask()
    clock.now += 61
    request = {"name": "price", "payload": {"sku": "A"}, "caller_role": "coach", "session_id": "s"}
    results = await asyncio.gather(*(executor.execute(**request) for _ in range(20)))
    await settle(executor)
    assert [result.result for result in results] == ["old"] * 20
    assert answers == []


async def test_a_refresh_is_a_call_with_a_span_and_a_caller_of_its_own(spans, ask, clock):
    answers[:] = ["old", "new"]
    await ask()
    clock.now += 61
    await ask()
    refresh = [span for span in spans.get_finished_spans() if span.attributes["salesboost.cache"] == "refresh"]
    assert [span.attributes["salesboost.caller.role"] for span in refresh] == ["coach"]
    assert refresh[0].attributes["salesboost.outcome"] == "first_try"


async def test_a_refresh_that_fails_leaves_the_stale_result_and_the_next_one_tries_again(ask, clock):
    answers[:] = ["old", ProviderError("down"), "new"]
    await ask()
    clock.now += 61
    assert await ask() == ("old", "stale")
    assert await ask() == ("old", "stale")
    assert await ask() == ("new", "hit")


async def test_a_refresh_counts_as_neither_hit_nor_miss(ask, clock, state):
    answers[:] = ["old", "new"]
    await ask()
    clock.now += 61
    await ask()
    row = (await state.cache_statistics())["by_tool"]["price"]
    assert (row["hits"], row["misses"], row["stale_hits"], row["refreshes"]) == (1, 1, 1, 1)
