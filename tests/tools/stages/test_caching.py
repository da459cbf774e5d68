import pytest

from tools.cache.keeping import MAX_RESULT_BYTES
from tools.calls.call import ToolResult
from tools.errors import ProviderError
from tools.running.admissions import Admissions
from tools.stages.caching import Caching
from tools.state.base import Look


async def again(call):
    raise AssertionError("nothing is stale here")


@pytest.fixture
def caching(state, reports, clock):
    return Caching(clock, clock.sleep, state, Admissions(state, reports), reports, again)


async def test_a_tool_that_does_not_cache_is_let_through(caching, make_call, after, reports):
    assert (await caching(make_call(), after(7))).result == 7
    assert reports == []


async def test_a_result_is_kept_for_its_time_and_found_again(caching, state, clock, make_call, after, reports):
    call = make_call(cache_ttl_s=60)
    await caching(call, after(7))
    await state.report(reports)
    found = await caching(call, after(8))
    assert (found.result, found.cached) == (7, True)
    clock.now += 61
    assert (await caching(call, after(8))).result == 8


async def test_a_failure_is_not_kept_unless_asked(caching, make_call, after, reports):
    call = make_call(cache_ttl_s=60)
    with pytest.raises(ProviderError):
        await caching(call, after(ProviderError("down")))
    assert [(report.look, report.value) for report in reports] == [(Look.MISS, None)]


async def test_a_result_too_large_is_not_kept(caching, make_call, reports):
    async def rest(call):
        return ToolResult(tool="echo", tool_call_id="c", result="", encoded=b"x" * (MAX_RESULT_BYTES + 1))

    await caching(make_call(cache_ttl_s=60), rest)
    assert reports[0].value is None


async def test_an_answer_says_how_the_cache_answered(caching, make_call, after):
    call = make_call(cache_ttl_s=60)
    assert (await caching(call, after())).cache == "miss"
    assert (await caching(call, after())).cache == "hit"


async def test_whoever_changes_a_result_changes_only_his_own(caching, make_call, after):
    call = make_call(cache_ttl_s=60)

    async def rest(call):
        return ToolResult(tool="echo", tool_call_id="c", result=[1], encoded=b"[1]")

    await caching(call, rest)
    (await caching(call, rest)).result.append(2)
    assert (await caching(call, rest)).result == [1]
