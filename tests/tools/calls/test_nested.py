"""Calls that a tool makes itself."""

import asyncio

import pytest

from telemetry import semconv
from tools import Calls, Injected, tool
from tools.calls.call import ToolCall
from tools.errors import ReturnedFailure, ToolBug, ToolError


@tool
async def double(number: int) -> int:
    """Twice the number."""
    if number < 0:
        raise ReturnedFailure("it is negative", code="negative")
    return number * 2


@tool
async def both(number: int, *, calls: Injected[Calls]) -> list[object]:
    """Doubles twice: one after the other, and side by side."""
    once = await calls.call("double", {"number": number})
    again = await calls.parallel(
        [
            {"id": "a", "tool": "double", "payload": {"number": 1}},
            {"tool": "double", "payload": {"number": {"$ref": "a"}}},
        ]
    )
    return [once.result, *(ending.code if isinstance(ending, ToolError) else ending.result for ending in again)]


async def test_a_tool_calls_others_and_the_model_does_not_see_how(make_executor, spans):
    result = await make_executor(double, both).execute(name="both", payload={"number": 5}, caller_role="coach")
    assert result.result == [10, 2, 4]
    *inner, outer = spans.get_finished_spans()
    assert {span.parent.span_id for span in inner} == {outer.context.span_id}
    assert {span.attributes[semconv.CALLER_ROLE] for span in inner} == {"coach"}
    assert list(both.schema.parameters["properties"]) == ["number"]


async def test_calls_inside_have_the_time_of_the_call_around_them(make_executor, clock):
    @tool(deadline_s=60)
    async def until(*, call: Injected[ToolCall]) -> float:
        """Says how much time it has."""
        return call.deadline - call.began

    @tool(deadline_s=9)
    async def around(*, calls: Injected[Calls]) -> object:
        """Takes four seconds before it calls."""
        clock.now += 4
        return await calls.call("until")

    assert (await make_executor(until, around).execute(name="around", payload={})).result == 5


async def test_a_failure_inside_names_the_tool_that_failed(make_executor):
    with pytest.raises(ReturnedFailure, match=r"^'double': it is negative$") as caught:
        await make_executor(double, both).execute(name="both", payload={"number": -1})
    assert caught.value.code == "negative"


async def test_a_tool_may_answer_with_the_result_of_a_call(make_executor):
    @tool
    async def hand_on(*, calls: Injected[Calls]) -> object:
        """Hands on."""
        return await calls.call("double", {"number": 4})

    result = await make_executor(double, hand_on).execute(name="hand_on", payload={})
    assert (result.tool, result.result, result.encoded) == ("hand_on", 8, b"8")


async def test_a_tool_that_calls_itself_without_end_is_stopped(make_executor):
    @tool
    async def again(*, calls: Injected[Calls]) -> object:
        """Calls itself."""
        return await calls.call("again")

    with pytest.raises(ToolBug, match="more than 10 deep: again → again") as caught:
        await make_executor(again).execute(name="again", payload={})
    assert caught.value.code == "too_deep"


async def test_calls_within_calls_never_wait_for_each_others_place(make_executor):
    """One call at a time, and each needs one inside: the places of a batch are its own."""

    @tool
    async def outer(number: int, *, calls: Injected[Calls]) -> object:
        """Has its number doubled side by side."""
        (ending,) = await calls.parallel([{"tool": "double", "payload": {"number": number}}], max_concurrent=1)
        return ending

    batch = [{"tool": "outer", "payload": {"number": number}} for number in range(5)]
    executor = make_executor(double, outer)
    endings = await asyncio.wait_for(executor.execute_parallel(batch, max_concurrent=1), 5)
    assert [ending.result for ending in endings] == [0, 2, 4, 6, 8]


def test_a_synchronous_tool_cannot_make_calls(make_executor):
    @tool
    def blocked(*, calls: Injected[Calls]) -> str:
        """Cannot await."""
        return str(calls)

    with pytest.raises(LookupError, match=r"'blocked' takes Injected\[Calls\] but cannot await them"):
        make_executor(blocked)
