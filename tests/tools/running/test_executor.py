import asyncio
import os
import time

import pytest
from django.conf import settings

from telemetry import semconv
from tools import Caller, Injected, ToolError, tool
from tools.definition.policy import BreakerPolicy
from tools.errors import BreakerOpen, InvalidArguments, NotAuthorized, ProviderError, RateLimited, UnknownTool
from tools.state.valkey import ValkeyState


@tool
async def double(number: int) -> int:
    """Twice the number.

    Args:
        number: What to double.
    """
    return number * 2


@tool
def halve(number: int) -> float:
    """Half the number, worked out in a thread."""
    return number / 2


async def test_a_call_returns_its_result_and_leaves_one_span(make_executor, spans):
    result = await make_executor(double).execute(name="double", payload={"number": 21}, caller_role="coach")
    assert result.as_dict() == {
        "tool": "double",
        "tool_call_id": result.tool_call_id,
        "status": "success",
        "result": 42,
        "latency_ms": 0.0,
        "cached": False,
        "retry_count": 0,
    }
    (span,) = spans.get_finished_spans()
    assert span.name == "execute_tool double"
    assert span.attributes[semconv.TOOL_CALL_ID] == result.tool_call_id
    assert span.attributes[semconv.OUTCOME] == "first_try"


async def test_a_synchronous_tool_runs_in_a_thread(make_executor):
    assert (await make_executor(halve).execute(name="halve", payload={"number": 3})).result == 1.5


async def test_an_unknown_tool_is_refused_with_a_suggestion_and_leaves_a_span(make_executor, spans):
    with pytest.raises(UnknownTool, match="Did you mean 'double'") as caught:
        await make_executor(double).execute(name="doubel", payload={})
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_NAME] == semconv.UNKNOWN_TOOL
    assert span.attributes[semconv.TOOL_REQUESTED] == "doubel"
    assert caught.value.tool_call_id == span.attributes[semconv.TOOL_CALL_ID]


async def test_a_tool_sees_its_caller_and_the_model_does_not(make_executor):
    @tool
    async def whoami(*, caller: Injected[Caller]) -> str:
        """Says who asks."""
        return f"{caller.role} in {caller.session_id}"

    result = await make_executor(whoami).execute(name="whoami", payload={}, caller_role="coach", session_id="s1")
    assert result.result == "coach in s1"
    assert whoami.schema.parameters.get("properties", {}) == {}


async def test_a_role_that_may_not_is_told_who_may(make_executor):
    @tool(roles={"coach"})
    async def secret() -> str:
        """For coaches."""
        return "x"

    with pytest.raises(NotAuthorized, match="call it as 'coach'"):
        await make_executor(secret).execute(name="secret", payload={}, caller_role="guest")


async def test_a_second_call_is_answered_from_the_cache(make_executor, spans):
    @tool(cache_ttl_s=60)
    async def roll() -> int:
        """Not the same twice."""
        return next(numbers)

    numbers = iter(range(10))
    executor = make_executor(roll)
    first = await executor.execute(name="roll", payload={})
    await executor.flush()
    second = await executor.execute(name="roll", payload={})
    assert (first.cached, second.cached, second.result) == (False, True, 0)
    assert [span.attributes[semconv.CACHE] for span in spans.get_finished_spans()] == ["miss", "hit"]


async def test_calls_beyond_the_rate_are_told_when_to_come_back(make_executor, clock):
    @tool(rate="2/min")
    async def limited() -> int:
        """Twice a minute."""
        return 1

    executor = make_executor(limited)
    for _ in range(2):
        await executor.execute(name="limited", payload={})
    with pytest.raises(RateLimited) as caught:
        await executor.execute(name="limited", payload={})
    clock.now += caught.value.retry_after_s
    assert (await executor.execute(name="limited", payload={})).result == 1


async def test_parallel_calls_answer_in_order_with_errors_in_their_places(make_executor):
    results = await make_executor(double).execute_parallel(
        [{"tool": "double", "payload": {"number": 1}}, {"tool": "double", "payload": {}}, {"tool": "nope"}]
    )
    assert results[0].result == 2
    assert [type(result) for result in results[1:]] == [InvalidArguments, UnknownTool]


async def test_parallel_calls_keep_to_the_limit(make_executor):
    running, most = 0, 0

    @tool
    async def watched() -> None:
        """Counts how many of it run."""
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await make_executor(watched).execute_parallel([{"tool": "watched"}] * 7, max_concurrent=3)
    assert most == 3


def test_a_synchronous_caller_gets_the_result(make_executor):
    assert make_executor(double).execute_sync(name="double", payload={"number": 2}).result == 4


async def test_a_synchronous_caller_inside_an_event_loop_gets_the_result(make_executor):
    assert make_executor(double).execute_sync(name="double", payload={"number": 2}).result == 4


def test_a_synchronous_caller_gets_the_error(make_executor):
    with pytest.raises(ToolError):
        make_executor(double).execute_sync(name="double", payload={})


async def test_the_call_after_the_failure_that_opens_a_breaker_is_refused(make_executor):
    @tool(breaker=BreakerPolicy(failures=3))
    async def away() -> None:
        """Fails."""
        raise ProviderError("down")

    executor = make_executor(away)
    for _ in range(3):
        with pytest.raises(ProviderError):
            await executor.execute(name="away", payload={})
    with pytest.raises(BreakerOpen):
        await executor.execute(name="away", payload={})


async def test_the_same_holds_on_valkey(make_executor):
    @tool(name=f"away_{os.getpid()}_{time.time_ns()}", breaker=BreakerPolicy(failures=3))
    async def away() -> None:
        """Fails."""
        raise ProviderError("down")

    executor = make_executor(away, state=ValkeyState(settings.REDIS_URL))
    for _ in range(3):
        with pytest.raises(ProviderError):
            await executor.execute(name=away.name, payload={})
    with pytest.raises(BreakerOpen):
        await executor.execute(name=away.name, payload={})


def test_a_tool_that_wants_what_nobody_can_give_is_refused_when_the_executor_is_built(make_executor):
    class Crm:
        """A dependency."""

    @tool
    async def reader(*, crm: Injected[Crm]) -> str:
        """Reads."""
        return str(crm)

    with pytest.raises(LookupError, match="'reader' wants a Crm for 'crm'"):
        make_executor(reader)
    assert (
        make_executor(reader, resolvers={Crm: lambda call: 7}).execute_sync(name="reader", payload={}).result
        == "7"
    )


async def test_a_misspelt_keyword_is_an_error_of_the_program(make_executor):
    with pytest.raises(TypeError, match="caller_rol"):
        await make_executor(double).execute(name="double", payload={}, caller_rol="coach")
