"""Tools of an evaluation are checked and read as always, and do nothing."""

import asyncio
from dataclasses import replace

import pytest

from tools import tool
from tools.calls.call import Caller
from tools.definition.policy import Rate
from tools.definition.registry import ToolRegistry
from tools.definition.schema import Injected
from tools.errors import InvalidArguments, NotAuthorized, ProviderError
from tools.llm.evaluation.sandbox import NOTHING_SAID, Sandbox, within


@tool(roles={"coach"}, rate="1/day", quota_day=1, max_concurrent=1, cache_ttl_s=60)
def transfer(amount: int, caller: Injected[Caller]) -> dict[str, int]:
    """Sends money."""
    raise AssertionError("It was really run.")


@pytest.fixture
def sandbox(no_edits):
    registry = ToolRegistry()
    registry.register(transfer)
    made = Sandbox(registry)
    yield made
    made.close()


async def called(sandbox, amount=3, role="coach"):
    return (await sandbox.executor.execute(name="transfer", payload={"amount": amount}, caller_role=role)).result


async def test_a_tool_answers_what_the_case_says_and_is_never_run(sandbox):
    with within({"transfer": {"sent": 3}}):
        assert await called(sandbox) == {"sent": 3}
    assert await called(sandbox) == NOTHING_SAID


async def test_a_list_has_an_answer_for_each_call_and_the_last_for_all_more(sandbox):
    with within({"transfer": [{"error": "The bank is away."}, {"sent": 1}]}):
        with pytest.raises(ProviderError, match="The bank is away"):
            await called(sandbox)
        assert [await called(sandbox) for _ in range(3)] == [{"sent": 1}] * 3


async def test_arguments_and_roles_are_checked_as_always(sandbox):
    with pytest.raises(InvalidArguments):
        await called(sandbox, amount="many")
    with pytest.raises(NotAuthorized):
        await called(sandbox, role="guest")


async def test_no_limit_quota_cache_or_breaker_comes_between_two_cases(sandbox):
    assert transfer.policy.rate == Rate(1, 86400.0, 0) and transfer.policy.quota_day == 1
    with within({"transfer": {"error": "away"}}):
        for _ in range(30):
            with pytest.raises(ProviderError):
                await called(sandbox)
    with within({"transfer": [{"n": 1}, {"n": 2}]}):
        assert [(await called(sandbox))["n"] for _ in range(2)] == [1, 2]


async def test_cases_side_by_side_have_their_own_answers(sandbox):
    async def case(number):
        with within({"transfer": [{"n": number}, {"n": -number}]}):
            first = await called(sandbox)
            await asyncio.sleep(0)
            return first["n"], (await called(sandbox))["n"]

    assert await asyncio.gather(*(case(number) for number in range(20))) == [(n, -n) for n in range(20)]


def test_what_models_see_of_a_tool_is_the_same(sandbox):
    seen = sandbox.registry.get("transfer")
    assert seen.definition() == transfer.definition() and seen.name == "transfer"
    assert replace(seen, function=transfer.function, schema=transfer.schema, cache=transfer.cache) == transfer
