import pytest

from tools import tool
from tools.calls.call import Caller
from tools.decisions.live import KeyInfo
from tools.definition.policy import Rate
from tools.errors import RateLimited
from tools.running.admissions import Admissions
from tools.running.limits import Limits
from tools.stages.rate_limit import RateLimit


@tool
async def echo(text: str = "") -> str:
    """Says the same."""
    return text


@tool
async def shout(text: str = "") -> str:
    """Says it louder."""
    return text.upper()


@pytest.fixture
def limit(state, reports):
    return build(state, reports)


def build(state, reports, *given):
    limits = Limits(*given)
    return RateLimit(Admissions(state, reports, limits=limits), limits)


async def test_calls_within_the_rate_pass(limit, make_call, after):
    call = make_call(rate=Rate(2, 60))
    assert [(await limit(call, after(n))).result for n in (1, 2)] == [1, 2]


async def test_the_call_beyond_it_is_told_when_to_come_back(limit, make_call, after):
    call, rest = make_call(rate=Rate(1, 30)), after()
    await limit(call, rest)
    with pytest.raises(RateLimited, match=r"takes 1/30s: try again in 30\.0 s") as caught:
        await limit(call, rest)
    assert caught.value.retry_after_s == pytest.approx(30)
    assert len(rest.calls) == 1


async def test_a_tool_without_a_rate_asks_nothing(make_call, after):
    assert (await RateLimit(admissions=None, limits=Limits())(make_call(), after(7))).result == 7


async def test_limits_that_are_switched_off_limit_nothing(state, reports, make_call, after):
    limit = build(state, reports, lambda name: KeyInfo(name, "sb_", quota_day=1), False)
    call = make_call(rate=Rate(1, 3600), quota_day=1, caller=Caller(api_key_name="shop"))
    assert [(await limit(call, after(n))).result for n in (1, 2)] == [1, 2]


async def test_an_answer_that_is_there_is_not_asked_for_again(state, reports, make_call, after):
    admissions = Admissions(state, reports)
    call = await admissions.ask(make_call(rate=Rate(1, 60)))
    assert (await RateLimit(admissions, Limits())(call, after(7))).result == 7


async def test_a_burst_may_be_larger_than_the_rate(limit, make_call, after):
    call = make_call(rate=Rate.parse("1/min burst 3"))
    assert [(await limit(call, after(n))).result for n in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(RateLimited, match=r"takes 1/min burst 3: try again in 1 min\.") as caught:
        await limit(call, after())
    assert caught.value.limit == ("rate", 1, 60)


async def test_each_caller_has_a_bucket_of_its_own(limit, make_call, after):
    calls = [make_call(caller_rate=Rate(1, 10), caller=Caller(caller_id=who)) for who in ("ana", "ben")]
    assert [(await limit(call, after(7))).result for call in calls] == [7, 7]
    with pytest.raises(RateLimited, match=r"takes 1/10s from each caller: try again in 10\.0 s") as caught:
        await limit(calls[0], after())
    assert caught.value.limit == ("caller_rate", 1, 10)


async def test_a_caller_refused_by_its_own_rate_takes_nothing_from_the_tools(limit, make_call, after):
    ana, ben = (
        make_call(rate=Rate(2, 60), caller_rate=Rate(1, 60), caller=Caller(caller_id=who))
        for who in ("ana", "ben")
    )
    await limit(ana, after())
    for _ in range(3):
        with pytest.raises(RateLimited):
            await limit(ana, after())
    assert (await limit(ben, after(7))).result == 7


async def test_a_callers_quota_ends_with_its_day(limit, make_call, after, clock):
    call = make_call(quota_day=1, caller=Caller(role="coach"))
    await limit(call, after())
    left_s = 86_400 - clock() % 86_400
    with pytest.raises(
        RateLimited, match=r"this caller of 'echo' is used up \(1 a day\): .*midnight UTC"
    ) as caught:
        await limit(call, after())
    assert (caught.value.code, caught.value.retry_after_s) == ("quota_exceeded", pytest.approx(left_s))
    clock.now += left_s
    assert (await limit(call, after(7))).result == 7


async def test_the_quota_of_a_key_counts_its_calls_of_all_tools(state, reports, make_call, after):
    limit = build(state, reports, lambda name: KeyInfo(name, "sb_", quota_month=2))
    caller = Caller(api_key_name="shop")
    for definition in (echo, shout):
        await limit(make_call(definition, caller=caller), after())
    with pytest.raises(RateLimited, match=r"the API key 'shop' is used up \(2 a month\)") as caught:
        await limit(make_call(caller=caller), after())
    assert caught.value.limit == ("key_quota_month", 2, 0)


async def test_a_key_without_a_quota_asks_nothing(make_call, after):
    limit = RateLimit(admissions=None, limits=Limits(lambda name: KeyInfo(name, "sb_")))
    assert (await limit(make_call(caller=Caller(api_key_name="shop")), after(7))).result == 7


async def test_a_call_over_its_quota_takes_no_token(limit, make_call, after, clock):
    ana, ben = (make_call(quota_day=1, rate=Rate(2, 1e6), caller=Caller(caller_id=who)) for who in ("ana", "ben"))
    await limit(ana, after())
    with pytest.raises(RateLimited, match="quota"):
        await limit(ana, after())
    assert (await limit(ben, after(7))).result == 7
