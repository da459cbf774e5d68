"""Calls side by side, some of which wait for others."""

import asyncio
from contextvars import ContextVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry import semconv
from tools import tool
from tools.errors import InvalidArguments, ReturnedFailure, ToolBug
from tools.running.parallel import DependencyFailed, Run
from tools.running.plan import InvalidPlan


@tool
async def find(name: str) -> dict[str, object]:
    """Finds a customer."""
    if name == "nobody":
        raise ReturnedFailure("no such customer", code="not_found")
    return {"customers": [{"id": f"CUST-{name}", "age": "42"}]}


@tool
async def greet(customer: str, age: int = 0) -> str:
    """Greets a customer."""
    return f"hello {customer}, {age}"


FIND = {"id": "found", "tool": "find", "payload": {"name": "ada"}}
GREET = {"tool": "greet", "payload": {"customer": {"$ref": "found.customers.0.id"}}}


async def test_a_call_uses_the_result_of_another_whatever_their_order(make_executor):
    greeting, found = await make_executor(find, greet).execute_parallel([GREET, FIND])
    assert (greeting.result, found.tool) == ("hello CUST-ada, 0", "find")


async def test_what_a_reference_leads_to_is_validated_and_coerced_as_usual(make_executor, spans):
    payload = {**GREET["payload"], "age": {"$ref": "found.customers.0.age"}}
    _, greeting = await make_executor(find, greet).execute_parallel([FIND, {**GREET, "payload": payload}])
    assert greeting.result == "hello CUST-ada, 42"
    span = spans.get_finished_spans()[-1]
    assert span.attributes[semconv.REPAIRS] == ("age: a string read as a number",)
    assert span.attributes[semconv.TOOL_CALL_ARGUMENTS] == '{"customer":"CUST-ada","age":"42"}'


async def test_a_failed_call_fails_only_what_depends_on_it(make_executor, spans):
    failing = {**FIND, "payload": {"name": "nobody"}}
    other = {"tool": "greet", "payload": {"customer": "bob"}}
    waiting = {**GREET, "id": "greeting"}
    last = {"tool": "greet", "payload": {"customer": {"$ref": "greeting"}}}
    failed, first, second, fine = await make_executor(find, greet).execute_parallel(
        [failing, waiting, last, other]
    )
    assert (failed.code, fine.result) == ("not_found", "hello bob, 0")
    for error, name in ((first, "'greeting'"), (second, "call 3")):
        assert type(error) is DependencyFailed
        assert str(error).startswith(f"{name} was not called")
        assert "step 'found' failed (not_found): no such customer" in str(error)
    recorded = {span.attributes[semconv.TOOL_CALL_ID]: span for span in spans.get_finished_spans()}
    assert len(recorded) == 4
    assert recorded[second.tool_call_id].attributes[semconv.ERROR_TYPE] == "dependency_failed"
    assert recorded[second.tool_call_id].attributes[semconv.TOOL_NAME] == "greet"


async def test_who_follows_a_call_hears_that_it_was_not_made(make_executor):
    told = []
    waiting = {**GREET, "tool_call_id": "call_7", "status_callback": told.append}
    failing = {**FIND, "payload": {"name": "nobody"}}
    _, lost = await make_executor(find, greet).execute_parallel([failing, waiting])
    assert [event["data"]["status"] for event in told] == ["started", "failed"]
    assert {event["data"]["tool_call_id"] for event in told} == {lost.tool_call_id} == {"call_7"}


async def test_a_path_that_is_not_in_the_result_fails_that_call_alone(make_executor, spans):
    lost = {"tool": "greet", "payload": {"customer": {"$ref": "found.customers.1.id"}}}
    found, greeting = await make_executor(find, greet).execute_parallel([FIND, lost])
    assert found.result
    assert (type(greeting), greeting.code) == (InvalidArguments, "missing_reference")
    assert "'found.customers' is a list of 1" in str(greeting)
    assert greeting.tool_call_id == spans.get_finished_spans()[-1].attributes[semconv.TOOL_CALL_ID]


async def test_calls_that_do_not_fit_together_are_refused_before_any_is_made(make_executor, spans):
    with pytest.raises(InvalidPlan, match="refers to itself") as caught:
        await make_executor(find, greet).execute_parallel(
            [FIND, {"id": "a", "tool": "greet", "payload": {"customer": {"$ref": "a"}}}], session_id="s1"
        )
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.ERROR_TYPE] == "invalid_plan"
    assert span.attributes[semconv.CONVERSATION_ID] == "s1"
    assert span.attributes[semconv.TOOL_CALL_ID] == caught.value.tool_call_id


async def test_a_call_that_names_no_tool_fails_in_its_place_and_is_recorded(make_executor, spans):
    nameless, found = await make_executor(find).execute_parallel([{"payload": {}}, FIND])
    assert (nameless.code, found.tool) == ("invalid_arguments", "find")
    assert len(spans.get_finished_spans()) == 2


async def test_a_call_starts_as_soon_as_its_own_dependencies_are_done(make_executor):
    """Not level by level: what waits for the quick one does not wait for the slow one beside it."""
    greeted = asyncio.Event()

    @tool
    async def slow() -> str:
        """Ends only once somebody was greeted."""
        await greeted.wait()
        return "late"

    @tool
    async def note(customer: str) -> str:
        """Notes it."""
        greeted.set()
        return customer

    calls = [{"tool": "slow"}, FIND, {"tool": "note", "payload": GREET["payload"]}]
    results = await asyncio.wait_for(make_executor(find, slow, note).execute_parallel(calls), 5)
    assert [result.tool for result in results] == ["slow", "find", "note"]


async def test_one_at_a_time_runs_a_chain_given_backwards(make_executor):
    calls = [GREET | {"payload": {"customer": {"$ref": "b"}}}]
    calls += [{"id": "b", "tool": "greet", "payload": {"customer": {"$ref": "found.customers.0.id"}}}, FIND]
    results = await make_executor(find, greet).execute_parallel(calls, max_concurrent=1)
    assert results[0].result == "hello hello CUST-ada, 0, 0"


async def test_who_goes_away_cancels_what_runs_and_starts_no_more(make_executor):
    running, cancelled = [], []
    both = asyncio.Event()

    @tool
    async def patient(name: str) -> str:
        """Waits until it is told not to, and then pretends that all is well."""
        running.append(name)
        if len(running) == 2:
            both.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(name)
        return name

    calls = [{"tool": "patient", "payload": {"name": name}} for name in "abcd"]
    task = asyncio.create_task(make_executor(patient).execute_parallel(calls, max_concurrent=2))
    await both.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (running, sorted(cancelled)) == (["a", "b"], ["a", "b"])


async def test_a_tool_that_cancels_itself_fails_alone(make_executor):
    @tool
    async def odd() -> None:
        """Cancels itself."""
        raise asyncio.CancelledError

    broken, found = await make_executor(odd, find).execute_parallel([{"tool": "odd"}, FIND])
    assert (type(broken), found.tool) == (ToolBug, "find")


async def test_what_a_tool_leaves_in_its_context_does_not_reach_the_next_call(make_executor):
    mark = ContextVar("mark", default="clean")

    @tool
    async def stain(after: str = "") -> str:
        """Leaves a mark."""
        found = mark.get()
        mark.set("stained")
        return found

    calls = [
        {"id": "a", "tool": "stain"},
        {"tool": "stain", "payload": {"after": {"$ref": "a"}}},
        {"tool": "stain"},
    ]
    results = await make_executor(stain).execute_parallel(calls, max_concurrent=1)
    assert [result.result for result in results] == ["clean"] * 3


async def test_a_misspelt_keyword_of_one_call_is_an_error_of_the_program(make_executor):
    with pytest.raises(TypeError, match="caller_rol"):
        await make_executor(find).execute_parallel([FIND, {**FIND, "id": "", "caller_rol": "x"}])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"tool": "greet", "name": "find"}, "has the tool 'greet' and the name 'find': give one of them."),
        ({"tool": 7, "name": "find"}, "names no tool: give each"),
        ({"payload": {}}, "names no tool: give each"),
    ],
)
async def test_a_call_that_names_two_tools_or_none_is_refused_in_its_place(make_executor, call, said):
    refused, found = await make_executor(find, greet).execute_parallel([call, {**FIND, "name": "find"}])
    assert type(refused) is InvalidArguments and said in str(refused) and refused.tool_call_id
    assert found.tool == "find"  # named twice alike


async def test_a_thousand_calls_take_steps_in_proportion_to_their_number():
    """Counted, not timed: each place is worked once, and nobody looks at the others for it."""
    worked = []

    async def work(index):
        worked.append(index)
        return index

    chain = [(), *([index] for index in range(999))]
    assert await Run(chain, work, 100).results() == list(range(1000)) == worked


@st.composite
def acyclic(draw):
    """For each call the earlier ones that it needs, shuffled; and which of them fail."""
    size = draw(st.integers(1, 15))
    needs = [draw(st.sets(st.integers(0, index - 1), max_size=3)) if index else set() for index in range(size)]
    order = draw(st.permutations(range(size)))
    place = {index: at for at, index in enumerate(order)}
    shuffled = [{place[need] for need in needs[index]} for index in order]
    return shuffled, draw(st.sets(st.sampled_from(range(size)), max_size=4)), draw(st.integers(1, 6))


def doomed(graph, failing):
    """Those that need, directly or not, what fails."""
    found = set()
    while more := {index for index, needs in enumerate(graph) if needs & (failing | found)} - found:
        found |= more
    return found


@given(acyclic())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_random_graphs_run_in_order_and_fail_exactly_where_they_must(make_executor, drawn):
    graph, failing, most = drawn
    ended, running, peak = set(), 0, 0

    @tool
    async def step(index: int, uses: list[int]) -> int:
        """One step."""
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        assert ended >= graph[index], "a dependency had not ended"
        await asyncio.sleep(0)
        running -= 1
        if index in failing:
            raise ReturnedFailure("as told")
        ended.add(index)
        return index

    calls = [
        {
            "id": f"s{index}",
            "tool": "step",
            "payload": {"index": index, "uses": [{"$ref": f"s{need}"} for need in sorted(needs)]},
        }
        for index, needs in enumerate(graph)
    ]
    endings = await make_executor(step).execute_parallel(calls, max_concurrent=most)
    lost = doomed(graph, failing)
    assert peak <= most
    assert {index for index, end in enumerate(endings) if isinstance(end, DependencyFailed)} == lost
    assert {index for index, end in enumerate(endings) if isinstance(end, ReturnedFailure)} == failing - lost
    fine = [index for index in range(len(graph)) if index not in lost | failing]
    assert [endings[index].result for index in fine] == fine
