import asyncio

import pytest

from telemetry import semconv
from telemetry.semconv import Outcome
from tools.definition.policy import MAX_RETRY_DELAY_S, ToolRetryPolicy
from tools.errors import DeadlineExceeded, ProviderError, ReturnedFailure, ToolError, ToolTimeout
from tools.stages.retry import Retry

DOWN = ProviderError("down")


@pytest.fixture
def make_retry(clock):
    def make(attempts=3, base_delay_s=1.0, random=lambda: 1.0):
        return Retry(clock, clock.sleep, random, ToolRetryPolicy(attempts, base_delay_s))

    return make


async def test_a_second_attempt_that_works_is_a_success_after_retry(make_retry, make_call, after):
    result = await make_retry()(make_call(retries=2), after(DOWN, 7))
    assert (result.result, result.outcome, result.retry_count) == (7, Outcome.AFTER_RETRY, 1)


async def test_a_first_attempt_that_works_is_a_first_try(make_retry, make_call, after):
    result = await make_retry()(make_call(retries=2), after(7))
    assert (result.outcome, result.retry_count) == (Outcome.FIRST_TRY, 0)


async def test_it_gives_up_after_the_tools_retries(make_retry, make_call, after):
    rest = after(DOWN, DOWN, DOWN)
    with pytest.raises(ProviderError) as caught:
        await make_retry(attempts=5)(make_call(retries=1), rest)
    assert (len(rest.calls), caught.value.retry_count) == (2, 1)


async def test_the_setting_bounds_the_attempts_of_every_tool(make_retry, make_call, after):
    rest = after(*[DOWN] * 9)
    with pytest.raises(ProviderError):
        await make_retry(attempts=3)(make_call(retries=8), rest)
    assert len(rest.calls) == 3


async def test_what_cannot_succeed_the_next_time_is_not_tried_again(make_retry, make_call, after):
    rest = after(ReturnedFailure("no such customer"))
    with pytest.raises(ReturnedFailure):
        await make_retry()(make_call(retries=2), rest)
    assert len(rest.calls) == 1


async def test_waits_double_and_are_jittered_in_full(make_retry):
    waits = [make_retry(random=lambda: 0.5).delay_s(attempt, DOWN) for attempt in (1, 2, 3, 9)]
    assert waits == [0.5, 1.0, 2.0, MAX_RETRY_DELAY_S / 2]


async def test_a_retry_after_of_the_service_is_honoured(make_retry, make_call, after, clock):
    began = clock.now
    await make_retry()(make_call(retries=1), after(ProviderError("busy", retry_after_s=7), 1))
    assert clock.now - began == 7


async def test_no_attempt_begins_after_the_deadline(make_retry, make_call, after, clock):
    rest = after(ProviderError("busy", retry_after_s=90))
    with pytest.raises(ProviderError) as caught:
        await make_retry()(make_call(retries=1, deadline=clock.now + 60), rest)
    assert len(rest.calls) == 1
    assert "deadline leaves no time" in caught.value.hint


async def test_attempts_go_on_while_there_is_time_for_the_wait_before_them(make_retry, make_call, after, clock):
    rest = after(*[DOWN] * 9)
    with pytest.raises(ProviderError):
        await make_retry(attempts=9)(make_call(retries=8, deadline=clock.now + 8), rest)
    assert len(rest.calls) == 4  # after 1, 2 and 4 s; the next wait would be 8 s


async def test_a_call_whose_deadline_is_over_is_not_tried_again(make_retry, make_call, after):
    rest = after(DeadlineExceeded("late"))
    with pytest.raises(DeadlineExceeded):
        await make_retry()(make_call(retries=2), rest)
    assert len(rest.calls) == 1


@pytest.mark.parametrize(
    ("retry_on", "error", "attempts"),
    [
        ({"provider"}, DOWN, 2),
        ({"provider"}, ToolTimeout("slow"), 1),
        ({"stock_moved"}, ReturnedFailure("moved", code="stock_moved"), 2),
        ({"stock_moved"}, ReturnedFailure("gone"), 1),
        ({"timeout", "provider"}, ToolTimeout("slow"), 2),
    ],
    ids=["layer", "another layer", "code", "another code", "several"],
)
async def test_a_tool_says_after_which_errors_to_try_again(
    make_retry, make_call, after, retry_on, error, attempts
):
    rest = after(error, error)
    with pytest.raises(ToolError):
        await make_retry()(make_call(retries=1, retry_on=frozenset(retry_on)), rest)
    assert len(rest.calls) == attempts


async def test_a_call_that_is_cancelled_while_it_waits_is_not_tried_again(make_call, after, clock):
    async def cancelled(seconds):
        raise asyncio.CancelledError

    rest = after(DOWN)
    with pytest.raises(asyncio.CancelledError):
        await Retry(clock, cancelled, lambda: 1.0, ToolRetryPolicy(3, 1.0))(make_call(retries=2), rest)
    assert len(rest.calls) == 1


async def test_attempts_are_events_with_duration_error_and_delay(make_retry, make_call, after, span_of):
    span = await span_of(make_retry()(make_call(retries=1), after(DOWN, 7)))
    assert [(event.name, dict(event.attributes)) for event in span.events] == [
        (
            semconv.EVENT_ATTEMPT,
            {
                semconv.ATTEMPT_NUMBER: 1,
                semconv.ATTEMPT_DURATION_MS: 0.0,
                semconv.ATTEMPT_DELAY_MS: 0.0,
                semconv.ATTEMPT_ERROR: "provider_error",
            },
        ),
        (
            semconv.EVENT_ATTEMPT,
            {semconv.ATTEMPT_NUMBER: 2, semconv.ATTEMPT_DURATION_MS: 0.0, semconv.ATTEMPT_DELAY_MS: 1000.0},
        ),
    ]


async def test_an_error_may_say_itself_that_it_is_worth_another_try(make_retry, make_call, after):
    result = await make_retry()(make_call(retries=1), after(ToolError("odd", retryable=True), 7))
    assert result.result == 7


@pytest.mark.parametrize(
    "wrong",
    [{"max_attempts": 0}, {"base_delay": -1.0}, {"base_delay": float("nan")}, {"base_delay": float("inf")}],
)
def test_a_policy_that_cannot_be_kept_is_refused(wrong):
    with pytest.raises(ValueError, match="1 attempt or more"):
        ToolRetryPolicy(**wrong)
    assert ToolRetryPolicy(base_delay=0.0).delay(5) == 0
