"""Whole numbers longer than anybody reads: a mistake in the arguments, whichever way the call comes."""

from dataclasses import dataclass
from typing import Any

import pytest

from telemetry import semconv
from tools import Injected, tool, tool_from_schema
from tools.calls.nested import Calls
from tools.definition.schemas.numbers import MOST_DIGITS
from tools.errors import InvalidArguments
from tools.running.plan import InvalidPlan

ENDLESS, LONGEST = 10**MOST_DIGITS, 10 ** (MOST_DIGITS - 1)


@dataclass
class Holder:
    number: int


@tool
async def keep(value: Any) -> str:
    """Takes anything."""
    return type(value).__name__


@tool(idempotent=True, cache_ttl_s=60)
async def double(number: int) -> int:
    """Takes a number."""
    return number * 2


@tool
async def ask(calls: Injected[Calls], digits: int) -> str:
    """Calls another tool."""
    return str((await calls.call("keep", {"value": 10**digits})).result)


listed = tool_from_schema(
    name="listed",
    description="Takes numbers.",
    parameters={"type": "object", "properties": {"numbers": {"type": "array", "items": {"type": "number"}}}},
    function=lambda numbers=(): len(numbers),
)


@pytest.fixture
def executor(make_executor, spans):
    return make_executor(keep, double, ask, listed)


async def execute(executor, name, payload):
    return await executor.execute(name=name, payload=payload)


async def parallel(executor, name, payload):
    (ending,) = await executor.execute_parallel([{"tool": name, "payload": payload}])
    if isinstance(ending, Exception):
        raise ending
    return ending


async def stream(executor, name, payload):
    return [item async for item in executor.stream(name=name, payload=payload)][-1]


async def with_a_key(executor, name, payload):
    return await executor.execute(name=name, payload=payload, idempotency_key="k")


DOORS = pytest.mark.parametrize("door", [execute, parallel, stream, with_a_key])


@DOORS
@pytest.mark.parametrize(
    ("name", "payload", "argument"),
    [
        ("keep", {"value": ENDLESS}, "value"),
        ("keep", {"value": {"deep": [1, (-ENDLESS,)]}}, "value"),
        ("keep", {"value": Holder(ENDLESS)}, "value"),
        ("double", {"number": ENDLESS}, "number"),
        ("double", {"nmber": ENDLESS}, "nmber"),
        ("listed", {"numbers": [1.5, ENDLESS]}, "numbers"),
    ],
)
async def test_they_are_refused_and_named(executor, spans, door, name, payload, argument):
    with pytest.raises(InvalidArguments, match=f"argument '{argument}': holds a whole number of more than 4,300"):
        await door(executor, name, payload)
    assert spans.get_finished_spans()[-1].attributes[semconv.OUTCOME] == "arguments"


@DOORS
@pytest.mark.parametrize("value", [LONGEST, "7" * 9_000, [1] * 9_000, 1e300, {"text": "1" * 5_000, "n": 1}])
async def test_what_can_be_read_is_taken(executor, door, value):
    assert (await door(executor, "keep", {"value": value})).result == type(value).__name__


def test_so_are_they_without_an_event_loop(executor):
    with pytest.raises(InvalidArguments, match="more than 4,300 digits"):
        executor.execute_sync(name="double", payload={"number": ENDLESS})


async def test_a_tool_that_calls_another_with_one_is_told(executor):
    with pytest.raises(InvalidArguments, match="'keep': argument 'value': holds a whole number"):
        await executor.execute(name="ask", payload={"digits": MOST_DIGITS})
    assert (await executor.execute(name="ask", payload={"digits": 9})).result == "int"


async def test_beside_the_payload_they_are_no_fault_either(executor, spans):
    result = await executor.execute(name="double", payload={"number": 2}, context={"seed": ENDLESS})
    assert result.result == 4
    assert spans.get_finished_spans()[-1].attributes["salesboost.context.seed"] == "<int>"
    with pytest.raises(InvalidPlan, match="the id of call 1 is no text: a value of the type int"):
        await executor.execute_parallel([{"id": ENDLESS, "tool": "keep", "payload": {"value": 1}}])
