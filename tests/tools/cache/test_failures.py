"""Failures are kept only where that is asked for."""

import pytest

from tools import tool
from tools.errors import ProviderError, ReturnedFailure

answers = []


@tool(cache_ttl_s=600, cache_stale_s=600, cache_errors_s=30)
async def asked(name: str) -> str:
    """Keeps failures for half a minute."""
    answer = answers.pop(0)
    if isinstance(answer, Exception):
        raise answer
    return answer


@tool(cache_ttl_s=600)
async def unasked(name: str) -> str:
    """Keeps no failures."""
    return await asked.function(name)


@pytest.fixture
def executor(make_executor):
    return make_executor(asked, unasked)


@pytest.fixture
def fails(executor):
    async def call(name):
        with pytest.raises(ReturnedFailure) as caught:
            await executor.execute(name=name, payload={"name": "Zoe"})
        await executor.flush()
        return caught.value

    return call


MISSING = ReturnedFailure("there is no Zoe", code="not_found", hint="ask for Ann")


async def test_a_failure_that_is_kept_is_raised_again_whole(fails, executor):
    answers[:] = [MISSING]
    await fails("asked")
    again = await fails("asked")
    assert (str(again), again.code, again.hint, again.cache) == (
        "there is no Zoe",
        "not_found",
        "ask for Ann",
        "hit",
    )


async def test_a_failure_is_kept_for_its_own_time_and_never_given_stale(fails, executor, clock):
    answers[:] = [MISSING, "Zoe"]
    await fails("asked")
    clock.now += 31
    result = await executor.execute(name="asked", payload={"name": "Zoe"})
    assert (result.result, result.cache) == ("Zoe", "miss")


async def test_failures_are_not_kept_unless_asked(fails, executor):
    answers[:] = [MISSING, "Zoe"]
    await fails("unasked")
    assert (await executor.execute(name="unasked", payload={"name": "Zoe"})).result == "Zoe"


async def test_what_may_pass_is_never_kept(executor):
    answers[:] = [ProviderError("down"), ReturnedFailure("busy", retryable=True), "Zoe"]
    for kind in (ProviderError, ReturnedFailure):
        with pytest.raises(kind):
            await executor.execute(name="asked", payload={"name": "Zoe"})
    assert (await executor.execute(name="asked", payload={"name": "Zoe"})).result == "Zoe"
