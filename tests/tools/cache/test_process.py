"""The nearest level: bounded, and coherent with what other processes drop."""

import asyncio
import subprocess
import sys

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools import tool
from tools.cache.process import Near, ProcessResults
from tools.process.background import BackgroundLoop
from tools.state.fallback import FallbackState
from tools.state.valkey import ValkeyState


@pytest.fixture
def process(clock):
    return ProcessResults(clock, max_results=3, max_bytes=80)


def near(clock, value=b"1", tags=(), seconds=60):
    return Near("crm", value, clock.now + seconds, tags)


def test_a_result_is_found_until_its_time_is_over(process, clock):
    process.keep("a", near(clock), process.drops)
    assert process.get("a").value == b"1"
    clock.now += 60
    assert process.get("a") is None
    assert len(process) == 0


def test_the_result_read_longest_ago_makes_room(process, clock):
    for key in "abc":
        process.keep(key, near(clock), process.drops)
    process.get("a")
    process.keep("d", near(clock), process.drops)
    assert [key for key in "abcd" if process.get(key)] == ["a", "c", "d"]


@given(sizes=st.lists(st.integers(0, 20), max_size=40))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_memory_stays_within_its_bounds(make_clock, sizes):
    clock = make_clock()
    process = ProcessResults(clock, max_results=5, max_bytes=80)
    for number, size in enumerate(sizes):
        process.keep(str(number % 7), near(clock, b"x" * size), process.drops)
        assert len(process) <= 5
        assert process.size_bytes <= 80
        assert process.size_bytes == sum(len(kept.value) for kept in process._near.values())


@pytest.mark.parametrize(("tag", "left"), [("*", ""), ("tool:crm", ""), ("customer:1", "b"), ("tool:kb", "ab")])
def test_a_drop_forgets_what_it_names(process, clock, tag, left):
    process.keep("a", near(clock, tags=("customer:1",)), process.drops)
    process.keep("b", near(clock), process.drops)
    process.drop(tag)
    assert "".join(key for key in "ab" if process.get(key)) == left


def test_a_result_that_was_dropped_while_it_was_read_is_not_kept(process, clock):
    before = process.drops
    process.drop("customer:1")
    process.keep("a", near(clock, tags=("customer:1",)), before)
    process.keep("b", near(clock, tags=("customer:2",)), before)
    assert (process.get("a"), process.get("b") is not None) == (None, True)


def test_after_more_drops_than_it_remembers_nothing_from_before_is_kept(process, clock):
    before = process.drops
    for number in range(1_001):
        process.drop(f"customer:{number}")
    process.keep("a", near(clock, tags=("other",)), before)
    assert process.get("a") is None


@tool(cache_ttl_s=60, reads="row:{row}")
async def read(row: int) -> int:
    """Reads a row."""
    return row


@pytest.fixture
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


async def until(condition):
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.02)


DROPPER = """
import asyncio, sys
from tools.state.valkey import ValkeyState

async def main(url, prefix, tag):
    state = ValkeyState(url, prefix=prefix)
    print(await state.cache_drop([tag]))
    await state.aclose()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("tag", ["row:1", "tool:read", "*"])
async def test_what_another_process_drops_is_gone_here(make_executor, background, tmp_path, tag):
    prefix = f"tests:{tmp_path.name}:"
    state = FallbackState(ValkeyState(settings.REDIS_URL, prefix=prefix), background)
    executor = make_executor(read, state=state)

    async def answered():
        return (await executor.execute(name="read", payload={"row": 1})).cache

    async def from_process():
        await answered()
        row = (await state.cache_statistics())["by_tool"].get("read", {})
        await executor.flush()
        return row.get("process_hits", 0) > 0

    await until(from_process)
    command = [sys.executable, "-c", DROPPER, settings.REDIS_URL, prefix, tag]
    dropped = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=30)
    assert dropped.stdout == "1\n"

    async def missed():
        return await answered() == "miss"

    await until(missed)


async def test_while_news_cannot_reach_a_process_it_begins_anew(make_executor, background):
    heard = []
    state = FallbackState(ValkeyState("redis://127.0.0.1:1/0"), background)
    state.hear_dropped(heard.append)
    executor = make_executor(read, state=state)
    assert (await executor.execute(name="read", payload={"row": 1})).cache == "miss"
    assert "*" in heard
    await executor.flush()
    assert (await executor.execute(name="read", payload={"row": 1})).cache == "hit"
