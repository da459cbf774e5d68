"""When days and months of UTC end, and that both kinds of shared state agree on it."""

import asyncio
import calendar
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools.definition.policy import ToolPolicy
from tools.state.base import Question
from tools.state.memory import MemoryState
from tools.state.quotas.owners import quotas_of_caller, quotas_of_key
from tools.state.quotas.quota import Period, Quota
from tools.state.valkey import ValkeyState

MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2105, 1, 1), timezones=st.just(UTC))


def at(*date):
    return datetime(*date, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "day_ends", "month_ends"),
    [
        (at(2028, 2, 28, 23, 59, 59), at(2028, 2, 29), at(2028, 3, 1)),
        (at(2028, 2, 29), at(2028, 3, 1), at(2028, 3, 1)),
        (at(2027, 2, 28), at(2027, 3, 1), at(2027, 3, 1)),
        (at(2026, 12, 31, 23, 59, 59), at(2027, 1, 1), at(2027, 1, 1)),
        (at(2027, 1, 1), at(2027, 1, 2), at(2027, 2, 1)),
    ],
)
def test_days_and_months_end_at_midnight_of_utc(now, day_ends, month_ends):
    assert (Period.DAY.ends_at(now), Period.MONTH.ends_at(now)) == (day_ends, month_ends)


@given(moment=MOMENTS)
def test_a_month_ends_as_the_calendar_has_it(moment):
    days = calendar.monthrange(moment.year, moment.month)[1]
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    assert Period.MONTH.ends_at(moment.timestamp()) == (first + timedelta(days)).timestamp()
    assert (
        Period.MONTH.number(Period.MONTH.ends_at(moment.timestamp()))
        == Period.MONTH.number(moment.timestamp()) + 1
    )


@given(moments=st.lists(MOMENTS, min_size=1, max_size=10))
@example(moments=[datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)])
@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_valkey_ends_days_and_months_when_memory_does(make_clock, moments):
    quotas = (Quota("month", "who", Period.MONTH, 3), Quota("day", "who", Period.DAY, 2))

    async def answers(state, clock):
        found = []
        for moment in [moment for moment in sorted(moments) for _ in range(3)]:
            clock.now = moment.timestamp() // 1
            answer = await state.ask(Question("crm", quotas=quotas))
            found.append((answer.allowed, answer.refused_by, round(answer.retry_after_s)))
            found.append(await state.quotas_used(quotas))
        return found

    async def both():
        here, there = make_clock(), make_clock()
        valkey = ValkeyState(settings.REDIS_URL, now=there, prefix=f"tests:{secrets.token_hex(6)}:")
        try:
            assert await answers(valkey, there) == await answers(MemoryState(clock=here), here)
        finally:
            await valkey.aclose()

    asyncio.run(both())


async def test_the_longest_of_the_waits_is_told(either, clock):
    clock.now = at(2027, 1, 30, 12)
    spent = tuple(Quota(period, "who", period, 1) for period in Period)
    await either.ask(Question("crm", quotas=spent))
    answer = await either.ask(Question("crm", quotas=spent))
    assert (answer.refused_by, answer.retry_after_s) == ("month", 1.5 * 86_400)


async def test_what_is_used_and_left_can_be_read(either, clock):
    clock.now = at(2027, 1, 31, 23)
    (day,) = quotas_of_key("shop", 3, 0)
    for _ in range(2):
        await either.ask(Question("crm", quotas=(day,)))
    (used,) = await either.quotas_used([day])
    assert (used.used, used.left, used.resets_at) == (2, 1, at(2027, 2, 1))
    clock.now = at(2027, 2, 1)
    assert [used.left for used in await either.quotas_used([day])] == [3]


async def test_keys_and_callers_and_tools_are_counted_apart(either):
    policy = ToolPolicy(quota_day=1)
    owners = [
        *quotas_of_key("shop", 1, 0),
        *quotas_of_caller("crm", policy, "a"),
        *quotas_of_caller("kb", policy, "a"),
        *quotas_of_caller("crm", policy, "b"),
    ]
    assert [(await either.ask(Question("crm", quotas=(quota,)))).allowed for quota in owners] == [True] * 4
    assert not (await either.ask(Question("crm", quotas=(owners[0],)))).allowed
