"""One tool over a list."""

import asyncio

import pytest
from pydantic import BaseModel

from tools import tool
from tools.composition import map_reduce, step
from tools.errors import InvalidArguments, ReturnedFailure


class Names(BaseModel):
    """Whose quotes to add up."""

    names: list[str]
    seats: int


async def test_the_list_of_results_has_the_order_of_the_items(run, tools):
    doubled = map_reduce("doubled", tools["double"], description="Doubles each.")
    items = [{"number": number} for number in (3, "1", 2)]
    assert (await run(doubled, {"items": items})).result == [6, 2, 4]


async def test_a_model_sees_what_each_item_has_to_be(tools):
    parameters = map_reduce("doubled", tools["double"], description="Doubles each.").schema.parameters
    (item,) = parameters["$defs"].values()
    assert item["properties"]["number"]["type"] == "integer"
    assert parameters["properties"]["items"]["maxItems"] == 100


async def test_a_tool_reduces_the_results(run, tools, tree):
    summed = map_reduce("summed", tools["double"], tools["total"], description="Sums the doubles.")
    assert (await run(summed, {"items": [{"number": 1}, {"number": 2}]})).result == 6
    assert tree()["summed"] == [("double", "first_try")] * 2 + [("total", "first_try")]


async def test_payloads_say_what_goes_where_and_a_function_reduces(run, tools):
    async def cheapest(results):
        return min(result["total"] for result in results)

    best = map_reduce(
        "best",
        step("quote", {"customer": {"$ref": "item"}, "seats": {"$ref": "input.seats"}}),
        cheapest,
        over="names",
        takes=Names,
        description="The best quote.",
    )
    assert (await run(best, {"names": ["ada", "bob"], "seats": 2})).result == 100


async def test_no_items_are_no_error(run, tools):
    assert (await run(map_reduce("none", tools["double"], sum, description="Sums."), {"items": []})).result == 0


async def test_an_item_that_fails_ends_it_and_is_named(run, tools):
    found = map_reduce("found", tools["find"], description="Finds all.")
    with pytest.raises(ReturnedFailure, match=r"^item 2 of 2 \('find'\): no such customer$"):
        await run(found, {"items": [{"name": "ada"}, {"name": "nobody"}]})


async def test_only_so_many_run_at_once_and_none_after_a_failure(make_executor):
    started, running, most, cancelled = [], 0, 0, []

    @tool
    async def work(number: int) -> int:
        """Works; the third one fails while the others wait."""
        nonlocal running, most
        started.append(number)
        running += 1
        most = max(most, running)
        try:
            if number == 2:
                raise ReturnedFailure("no")
            await asyncio.Event().wait() if number > 0 else await asyncio.sleep(0)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        finally:
            running -= 1
        return number

    mapped = map_reduce("mapped", work, at_once=2, description="Works on each.")
    with pytest.raises(ReturnedFailure, match="item 3 of 5"):
        await make_executor(mapped, work).execute(
            name="mapped", payload={"items": [{"number": number} for number in range(5)]}
        )
    assert (most, started, cancelled) == (2, [0, 1, 2], [1])


async def test_a_list_of_too_many_items_is_refused(run, tools):
    few = map_reduce("few", tools["double"], max_items=2, description="Few.")
    with pytest.raises(InvalidArguments, match="items"):
        await run(few, {"items": [{"number": 1}] * 3})


def test_references_that_lead_to_nothing_are_named_when_it_is_made(tools):
    with pytest.raises(ValueError, match=r"refers to 'each'.*refers to 'item'"):
        map_reduce(
            "wrong",
            step("double", {"number": {"$ref": "each"}}),
            step("total", {"numbers": {"$ref": "item"}}),
            description="Is wrong.",
        )
