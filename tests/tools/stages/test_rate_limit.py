import pytest

from tools.errors import RateLimited
from tools.policy import Rate
from tools.stages.rate_limit import RateLimit
from tools.state.admissions import Admissions


@pytest.fixture
def limit(state, reports):
    return RateLimit(Admissions(state, reports))


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
    assert (await RateLimit(admissions=None)(make_call(), after(7))).result == 7


async def test_limits_that_are_switched_off_limit_nothing(state, reports, make_call, after):
    limit = RateLimit(Admissions(state, reports, rate_limit=False), rate_limit_enabled=False)
    call = make_call(rate=Rate(1, 3600))
    assert [(await limit(call, after(n))).result for n in (1, 2)] == [1, 2]


async def test_an_answer_that_is_there_is_not_asked_for_again(state, reports, make_call, after):
    admissions = Admissions(state, reports)
    call = await admissions.ask(make_call(rate=Rate(1, 60)))
    assert (await RateLimit(admissions)(call, after(7))).result == 7
