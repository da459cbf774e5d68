"""A call of the tool that was chosen, its span, and what is learnt of it."""

import pytest

from telemetry.semconv import Outcome
from tools import tool
from tools.calls.call import ToolResult
from tools.errors import (
    BreakerOpen,
    InvalidArguments,
    NotAuthorized,
    ProviderError,
    QueueTimeout,
    RateLimited,
    ToolError,
    ToolTimeout,
)
from tools.selection.models import LoggedDecision
from tools.selection.reward import Told
from tools.selection.running import execute_best, learnt_of


@tool
async def good(question: str) -> str:
    """Answers."""
    return f"yes, {question}"


@tool
async def bad(question: str) -> str:
    """Never answers."""
    raise ProviderError("it is away", retryable=False)


GROUP = ["bad", "good"]


async def test_the_group_learns_from_its_calls_by_itself(selector, make_executor, spans):
    executor = make_executor(good, bad)
    failed = 0
    for _ in range(60):
        try:
            await execute_best(GROUP, {"question": "why"}, selector=selector, executor=executor)
        except ToolError:
            failed += 1
    assert 1 <= failed < 20
    assert await selector.aget_best_tool(GROUP) == "good"
    await selector.flush()
    assert await LoggedDecision.objects.filter(told_at__isnull=False).acount() == 60


async def test_the_span_says_why_it_is_this_tool(selector, make_executor, spans):
    executor = make_executor(good, bad)
    await execute_best(["good"], {"question": "why"}, selector=selector, executor=executor, session_id="s1")
    await selector.flush()
    row = await LoggedDecision.objects.aget()
    (span,) = spans.get_finished_spans()
    found = {name: value for name, value in span.attributes.items() if ".selection." in name}
    assert found == {
        "salesboost.selection.group": "good",
        "salesboost.selection.policy": "epsilon_greedy",
        "salesboost.selection.reason": row.reason,
        "salesboost.selection.decision_id": str(row.pk),
        "salesboost.selection.propensity": 1.0,
    }
    assert (row.success, row.member) == (True, "good") and row.latency_ms is not None


async def test_a_call_that_was_asked_for_by_name_says_nothing_of_choice(make_executor, spans):
    await make_executor(good).execute(name="good", payload={"question": "why"})
    assert not [name for name in spans.get_finished_spans()[0].attributes if "selection" in name]


async def test_wrong_arguments_teach_nothing(selector, make_executor, spans):
    with pytest.raises(InvalidArguments):
        await execute_best(["good"], {}, selector=selector, executor=make_executor(good))
    await selector.flush()
    assert (await LoggedDecision.objects.aget()).told_at is None


@pytest.mark.parametrize(
    "error, learnt",
    [
        (ProviderError("x"), False),
        (ToolTimeout("x"), False),
        (BreakerOpen("x"), False),
        (ToolTimeout("x", code="cancelled"), None),
        (QueueTimeout("x"), None),
        (InvalidArguments("x"), None),
        (NotAuthorized("x"), None),
        (RateLimited("x"), None),
    ],
)
def test_what_an_error_says_of_its_tool(error, learnt):
    assert learnt_of(error, 5.0) == (None if learnt is None else Told(False, 5.0))


@pytest.mark.parametrize("outcome", Outcome)
def test_an_answer_of_the_cache_is_no_work_of_the_tool(outcome):
    worked = outcome in (Outcome.FIRST_TRY, Outcome.AFTER_RETRY, Outcome.AFTER_FALLBACK)
    result = ToolResult(tool="t", tool_call_id="c", result=1, outcome=outcome)
    assert learnt_of(result, 5.0) == (Told(True, 5.0) if worked else None)
