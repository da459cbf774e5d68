import pytest

from tools import cache, tool
from tools.errors import UnknownTool


@tool(cache_ttl_s=60)
async def square(number: int) -> int:
    """Squares."""
    return number * number


@pytest.fixture
async def executor(make_executor, monkeypatch):
    """Has squared 1 and 2, and 1 again."""
    made = make_executor(square)
    monkeypatch.setattr(cache, "get_executor", lambda: made)
    for number in (1, 2, 1):
        await made.execute(name="square", payload={"number": number})
        await made.flush()
    return made


async def test_statistics_are_of_all_tools_and_of_each(executor):
    found = await cache.get_statistics()
    assert (found["hits"], found["misses"], found["hit_rate"], found["size"]) == (1, 2, 0.3333, 2)
    assert found["by_tool"]["square"]["hits"] == 1


async def test_the_most_read_result_comes_first(executor):
    assert [row["hits"] for row in await cache.get_top_accessed(1)] == [1]


async def test_a_cleared_cache_answers_nothing(executor):
    assert await cache.clear_tool("square") == 2
    assert not (await executor.execute(name="square", payload={"number": 1})).cached


async def test_all_can_be_cleared_at_once(executor):
    assert await cache.clear() == 2


async def test_the_cache_of_a_tool_that_does_not_exist_is_not_cleared(executor):
    with pytest.raises(UnknownTool):
        await cache.clear_tool("cube")


@pytest.mark.parametrize("wrong", [0, -1])
async def test_fewer_than_one_of_the_most_read_is_nobodys_question(wrong):
    with pytest.raises(ValueError, match=f"1 or more, not {wrong}"):
        await cache.get_top_accessed(wrong)
