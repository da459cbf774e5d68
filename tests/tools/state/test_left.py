"""What is left of limits after a call, as Valkey and memory say it alike."""

from tools.definition.policy import Rate
from tools.state.base import Question
from tools.state.quotas.quota import Period, Quota


async def left(either, **question):
    answered = await either.ask(Question("crm", tells_left=True, **question))
    return [(one.name, one.left, round(one.full_in_s)) for one in answered.left]


async def test_each_call_leaves_one_token_less_and_they_come_back(either, clock):
    asked = [await left(either, rate=Rate(3, 60)) for _ in range(3)]
    assert asked == [[("rate", 2, 20)], [("rate", 1, 40)], [("rate", 0, 60)]]
    assert await left(either, rate=Rate(3, 60)) == []  # refused: the refusal has its own words
    clock.now += 50
    assert await left(either, rate=Rate(3, 60)) == [("rate", 1, 30)]


async def test_all_limits_are_told(either, clock):
    quota = Quota("quota_day", "someone", Period.DAY, 5)
    rates = {"rate": Rate(10, 60), "caller_rate": Rate(2, 60), "caller": "someone"}
    midnight_s = round(86_400 - clock.now % 86_400)
    assert await left(either, quotas=(quota,), **rates) == [
        ("quota_day", 4, midnight_s),
        ("rate", 9, 6),
        ("caller_rate", 1, 30),
    ]


async def test_where_nothing_is_limited_nothing_is_told(either):
    assert await left(either) == []


async def test_nobody_is_told_who_does_not_ask(either):
    answered = await either.ask(Question("crm", rate=Rate(3, 60)))
    assert answered.allowed and answered.left == ()
