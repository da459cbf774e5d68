import pytest

from telemetry import semconv
from tools import tool
from tools.errors import InvalidArguments
from tools.stages.validation import Validation


@tool
async def count(number: int) -> int:
    """Counts."""
    return number


async def test_the_rest_gets_arguments_of_the_right_types(make_call, after):
    rest = after()
    await Validation()(make_call(count, payload={"number": "5"}), rest)
    assert rest.calls[0].arguments == {"number": 5}


async def test_each_repair_is_named_on_the_span(make_call, after, span_of):
    span = await span_of(Validation()(make_call(count, payload={"number": "5"}), after()))
    assert span.attributes[semconv.REPAIRS] == ("number: a string read as a number",)


async def test_good_arguments_leave_nothing_on_the_span(make_call, after, span_of):
    span = await span_of(Validation()(make_call(count, payload={"number": 5}), after()))
    assert semconv.REPAIRS not in span.attributes


async def test_bad_arguments_go_no_further(make_call, after):
    rest = after()
    with pytest.raises(InvalidArguments, match="'number' is missing"):
        await Validation()(make_call(count), rest)
    assert rest.calls == []
