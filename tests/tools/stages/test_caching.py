import pytest

from telemetry import semconv
from tools import Caller, Injected, tool
from tools.call import ToolResult
from tools.errors import ProviderError
from tools.stages.caching import MAX_RESULT_BYTES, Caching, cache_key
from tools.state.admissions import Admissions
from tools.state.base import Looked


@tool
async def mine(*, caller: Injected[Caller]) -> str:
    """Differs by caller."""
    return caller.role


@pytest.fixture
def caching(state, reports):
    return Caching(Admissions(state, reports), reports)


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


async def test_an_error_is_never_kept(caching, make_call, after, reports):
    call = make_call(cache_ttl_s=60)
    with pytest.raises(ProviderError):
        await caching(call, after(ProviderError("down")))
    assert reports == [Looked("echo", cache_key(call), hit=False, value=None, ttl_s=60)]


async def test_a_result_too_large_is_not_kept(caching, make_call, reports):
    async def rest(call):
        return ToolResult(tool="echo", tool_call_id="c", result="", encoded=b"x" * (MAX_RESULT_BYTES + 1))

    await caching(make_call(cache_ttl_s=60), rest)
    assert reports[0].value is None


async def test_hit_and_miss_stand_on_the_span(caching, state, make_call, after, reports, span_of):
    call = make_call(cache_ttl_s=60)
    assert (await span_of(caching(call, after()))).attributes[semconv.CACHE] == "miss"
    await state.report(reports)
    assert (await span_of(caching(call, after()))).attributes[semconv.CACHE] == "hit"


def test_the_key_is_over_coerced_arguments_whatever_their_order(make_call):
    one = make_call(arguments={"a": {"x": 1, "y": 2}})
    other = make_call(arguments={"a": {"y": 2, "x": 1}})
    assert cache_key(one) == cache_key(other) != cache_key(make_call(arguments={"a": {"x": 2, "y": 2}}))


def test_callers_share_results_unless_the_tool_sees_them(make_call):
    coach, guest = Caller(role="coach"), Caller(role="guest")
    assert cache_key(make_call(caller=coach)) == cache_key(make_call(caller=guest))
    assert cache_key(make_call(mine, caller=coach)) != cache_key(make_call(mine, caller=guest))
    assert cache_key(make_call(mine, caller=coach)) != cache_key(
        make_call(mine, caller=Caller(role="coach", session_id="other"))
    )


def test_a_changed_time_to_live_counts_for_results_that_are_kept(make_call):
    assert cache_key(make_call(cache_ttl_s=3600)) != cache_key(make_call(cache_ttl_s=10))
