"""Tools that choose among others: by their arguments, or by what fails."""

import pytest

from telemetry import semconv
from tools.composition import conditional, fallback, step, when
from tools.errors import InvalidArguments, ProviderError


@pytest.fixture
def sized(tools):
    return conditional(
        "sized",
        when(lambda given: given["number"] > 100, "away"),
        when(lambda given: given["number"] > 10, step(tools["double"], {"number": {"$ref": "input.number"}})),
        otherwise=step("total", {"numbers": [{"$ref": "input.number"}, 1]}),
        description="Depends on the size.",
        takes=tools["double"].schema.model,
    )


@pytest.mark.parametrize(("number", "result"), [(11, 22), (3, 4)])
async def test_the_first_condition_that_holds_decides(run, sized, number, result):
    assert (await run(sized, {"number": number})).result == result


async def test_an_error_names_the_step_that_was_chosen(run, sized):
    with pytest.raises(ProviderError, match=r"^step 'away': "):
        await run(sized, {"number": 101})


async def test_where_no_condition_holds_the_call_says_so(run, tools):
    never = conditional("never", when(lambda given: False, tools["double"]), description="Never.")
    with pytest.raises(InvalidArguments, match="None of the conditions of 'never' holds") as caught:
        await run(never, {"number": 1})
    assert caught.value.code == "no_branch"


def test_a_conditional_needs_branches_and_references_that_lead_somewhere():
    with pytest.raises(ValueError, match="it has no branches"):
        conditional("empty", otherwise="double", description="Empty.")
    with pytest.raises(ValueError, match="step 'double' refers to 'previous'"):
        wrong = step("double", {"number": {"$ref": "previous"}})
        conditional("wrong", when(bool, wrong), description="Wrong.")


async def test_the_first_that_succeeds_answers(run, tools, tree, spans):
    either = fallback("either", tools["away"], "double", "total", description="One of them.")
    result = await run(either, {"number": 4})
    assert (result.result, str(result.outcome)) == (8, "after_fallback")
    assert tree()["either"] == [("away", "provider"), ("double", "first_try")]
    assert spans.get_finished_spans()[-1].attributes[semconv.OUTCOME] == "after_fallback"


async def test_a_fallback_whose_first_tool_succeeds_is_a_first_try(run, tools, tree):
    result = await run(fallback("either", tools["double"], "away", description="One of them."), {"number": 4})
    assert (str(result.outcome), tree()["either"]) == ("first_try", [("double", "first_try")])


async def test_where_all_fail_each_reason_is_told_and_the_last_kind_kept(run, tools):
    neither = fallback("neither", tools["secret"], "away", description="None of them.")
    with pytest.raises(
        ProviderError, match=r"'secret': .* may not .*'away': the gateway does not answer"
    ) as caught:
        await run(neither, {"number": 4}, caller_role="guest")
    assert (caught.value.code, caught.value.retry_after_s) == ("provider_error", 7)


def test_a_fallback_needs_tools():
    with pytest.raises(ValueError, match="it has no tools"):
        fallback("empty", description="Empty.")
