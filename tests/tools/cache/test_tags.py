"""A write drops what was read from the same, however the two overlap."""

import asyncio

import pytest

from tools import tool
from tools.definition.schema import NotATool
from tools.errors import ProviderError, ReturnedFailure

customers = {}
reads = {"held": False, "begun": 0}


@tool(cache_ttl_s=60, reads="customer:{customer_id}")
async def read(customer_id: str, slowly: bool = False) -> str:
    """Reads a customer."""
    reads["begun"] += 1
    found = customers[customer_id]
    if slowly:
        await until(lambda: not reads["held"])
    return found


@tool(writes="customer:{customer_id}")
async def write(customer_id: str, value: str) -> str:
    """Writes a customer."""
    if value == "refused":
        raise ReturnedFailure("not that")
    customers[customer_id] = value
    if value == "lost":
        raise ProviderError("the answer got lost")
    return value


@tool(cache_ttl_s=60, reads=lambda arguments, result: [f"customer:{one}" for one in result])
async def everybody() -> list[str]:
    """Reads all."""
    return [customer for customer in customers if customers[customer] != "gone"]


@pytest.fixture(params=["memory", "valkey"])
def executor(request, make_executor):
    reads.update(held=True, begun=0)
    customers.clear()
    customers.update(ann="old", bob="old")
    if request.param == "memory":
        return make_executor(read, write, everybody)
    return make_executor(read, write, everybody, state=request.getfixturevalue("valkey"))


@pytest.fixture
def ask(executor):
    async def one(name, **payload):
        result = await executor.execute(name=name, payload=payload)
        return result.result, result.cache

    return one


async def test_a_write_drops_the_reads_of_the_same_customer_and_of_no_other(executor, ask):
    await ask("read", customer_id="ann")
    await ask("read", customer_id="bob")
    await executor.flush()
    await ask("write", customer_id="ann", value="new")
    assert await ask("read", customer_id="ann") == ("new", "miss")
    assert await ask("read", customer_id="bob") == ("old", "hit")


async def test_a_result_may_say_itself_what_it_was_read_from(executor, ask):
    await ask("everybody")
    await executor.flush()
    await ask("write", customer_id="bob", value="gone")
    assert await ask("everybody") == (["ann"], "miss")


async def test_a_read_that_a_write_overtakes_is_not_kept(executor, ask):
    reading = asyncio.create_task(ask("read", customer_id="ann", slowly=True))
    await until(lambda: reads["begun"] == 1)
    await ask("write", customer_id="ann", value="new")
    reads["held"] = False
    assert await reading == ("old", "miss")
    await executor.flush()
    assert await ask("read", customer_id="ann", slowly=True) == ("new", "miss")


async def test_a_call_after_a_write_does_not_join_one_from_before_it(executor, ask):
    reading = asyncio.create_task(ask("read", customer_id="ann", slowly=True))
    await until(lambda: reads["begun"] == 1)
    await ask("write", customer_id="ann", value="new")
    later = asyncio.create_task(ask("read", customer_id="ann", slowly=True))
    await until(lambda: reads["begun"] == 2)
    reads["held"] = False
    assert (await reading)[0] == "old"
    assert (await later)[0] == "new"


async def test_a_write_that_was_refused_drops_nothing(executor, ask):
    await ask("read", customer_id="ann")
    with pytest.raises(ReturnedFailure):
        await ask("write", customer_id="ann", value="refused")
    assert await ask("read", customer_id="ann") == ("old", "hit")


async def test_a_write_of_which_nobody_knows_whether_it_happened_drops(executor, ask):
    await ask("read", customer_id="ann")
    with pytest.raises(ProviderError):
        await ask("write", customer_id="ann", value="lost")
    assert await ask("read", customer_id="ann") == ("lost", "miss")


def test_a_template_that_names_no_parameter_is_refused():
    with pytest.raises(NotATool, match=r"reads names no parameter by .customer."):
        tool(name="wrong", reads="customer:{customer}")(read.function)


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)
