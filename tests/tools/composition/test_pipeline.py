"""Tools one after the other."""

import asyncio

import pytest
from pydantic import BaseModel, Field

from telemetry import semconv
from tools.composition import compose, pipeline, step
from tools.errors import InvalidArguments, NotAuthorized, ProviderError, ReturnedFailure, ToolTimeout


class Wanted(BaseModel):
    """What a quote needs to be asked for."""

    name: str
    extra: int = Field(1, ge=0)


@pytest.fixture
def offer(tools):
    return pipeline(
        "offer",
        step(tools["find"], {"name": {"$ref": "input.name"}}, id="found"),
        step("quote", {"customer": {"$ref": "found.id"}, "seats": {"$ref": "previous.seats"}}),
        step("double", lambda results: {"number": results["quote"]["total"] + results["input"]["extra"]}),
        description="Offer a customer twice the price.",
        takes=Wanted,
    )


async def test_a_step_may_use_what_all_before_it_gave(run, offer, tree):
    result = await run(offer, {"name": "ada"}, caller_role="coach")
    assert (result.tool, result.result) == ("offer", 2 * (12 * 50 + 1))
    assert tree()["offer"] == [("find", "first_try"), ("quote", "first_try"), ("double", "first_try")]


async def test_its_arguments_are_validated_like_those_of_any_tool(run, offer):
    assert offer.schema.parameters["required"] == ["name"]
    with pytest.raises(InvalidArguments, match="did you mean 'name'"):
        await run(offer, {"nam": "ada"})


async def test_the_calls_inside_have_the_same_caller_and_session(run, offer, spans):
    await run(offer, {"name": "ada"}, caller_role="coach", session_id="s1", caller_id="u7", api_key_name="app")
    asked = {
        (
            span.attributes[semconv.CALLER_ROLE],
            span.attributes[semconv.CONVERSATION_ID],
            span.attributes[semconv.CALLER_ID],
            span.attributes[semconv.API_KEY_NAME],
        )
        for span in spans.get_finished_spans()
    }
    assert asked == {("coach", "s1", "u7", "app")}


async def test_events_of_the_calls_inside_are_for_the_same_sender(run, offer, monkeypatch):
    told = []
    monkeypatch.setattr(
        "tools.notifications.events.Events.publish", lambda events, call, event: told.append(call.caller.sender)
    )
    await run(offer, {"name": "ada"}, caller_role="coach", session_id="s1", sender="key app")
    assert len(told) == 8
    assert set(told) == {"key app"}


async def test_a_step_that_fails_ends_it_with_its_own_error(run, offer, spans):
    with pytest.raises(ReturnedFailure, match=r"^step 'found': no such customer$") as caught:
        await run(offer, {"name": "nobody"})
    assert (caught.value.code, caught.value.hint) == ("not_found", "list them")
    inner, outer = spans.get_finished_spans()
    assert caught.value.tool_call_id == outer.attributes[semconv.TOOL_CALL_ID]
    assert inner.attributes[semconv.ERROR_MESSAGE] == "no such customer"


async def test_what_may_pass_may_be_tried_again_as_a_whole(run, tools):
    chain = pipeline("chain", tools["double"], "away", description="Fails.", retries=1)
    with pytest.raises(ProviderError, match="step 'away': the gateway") as caught:
        await run(chain, {"number": 1})
    assert (caught.value.retry_count, caught.value.retry_after_s) == (1, 7)


async def test_a_path_that_is_not_there_names_the_step(run, tools):
    broken = pipeline(
        "broken", tools["find"], step("double", {"number": {"$ref": "find.age"}}), description="Breaks."
    )
    with pytest.raises(InvalidArguments, match=r"step 'double': 'find\.age' leads nowhere: 'find' is an object"):
        await run(broken, {"name": "ada"})


async def test_who_may_not_call_a_tool_may_not_through_another_one(run, tools, tree):
    through = compose("through", tools["double"], "secret", description="Reaches for the secret.")
    with pytest.raises(NotAuthorized, match="'secret'"):
        await run(through, {"number": 1}, caller_role="guest")
    assert (await run(through, {"number": 1}, caller_role="boss")).result == 2


async def test_a_composed_tool_may_lend_its_callers_a_role_if_it_says_so(run, tools, spans):
    lends = compose("lends", tools["double"], "secret", description="Lends.", inner_role="boss", roles={"guest"})
    assert (await run(lends, {"number": 1}, caller_role="guest")).result == 2
    assert [span.attributes[semconv.CALLER_ROLE] for span in spans.get_finished_spans()] == [
        "boss",
        "boss",
        "guest",
    ]


async def test_a_kept_result_is_not_given_to_who_may_not_make_the_calls(make_executor, tools):
    kept = compose("kept", tools["double"], "secret", description="Is cached.", cache_ttl_s=60)
    executor = make_executor(kept, *tools.values())
    await executor.execute(name="kept", payload={"number": 1}, caller_role="boss")
    await executor.flush()
    assert (await executor.execute(name="kept", payload={"number": 1}, caller_role="boss")).cached
    with pytest.raises(NotAuthorized):
        await executor.execute(name="kept", payload={"number": 1}, caller_role="guest")


async def test_compose_hands_each_result_to_the_next_tool(run, tools):
    assert (
        await run(compose("eight", *[tools["double"]] * 3, description="Times eight."), {"number": 1})
    ).result == 8


async def test_what_is_no_object_needs_one_argument_to_go_to(run, tools):
    unclear = compose("unclear", tools["double"], "quote", description="Cannot work.")
    with pytest.raises(InvalidArguments, match=r"'quote' takes 'customer', 'seats', and is given something"):
        await run(unclear, {"number": 1})


async def test_its_timeout_holds_for_the_calls_inside(run, make_executor, spans):
    from tools import tool

    ended = asyncio.Event()

    @tool
    async def slow(number: int) -> int:
        """Never ends."""
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return number

    chain = compose("chain", slow, description="Takes too long.", timeout_s=0.02)
    executor = make_executor(chain, slow)
    with pytest.raises(ToolTimeout, match="'chain'"):
        await executor.execute(name="chain", payload={"number": 1})
    assert ended.is_set()
    assert [span.attributes[semconv.ERROR_TYPE] for span in spans.get_finished_spans()] == ["cancelled", "timeout"]


def test_references_that_lead_to_nothing_are_all_named_when_it_is_made(tools):
    with pytest.raises(ValueError, match=r"'later'.*step 'find': ''.*two steps 'find'"):
        pipeline(
            "wrong",
            step(tools["find"], {"name": {"$ref": "later.x"}}),
            step("find", {"name": {"$ref": ""}}),
            description="Is wrong.",
        )


def test_a_pipeline_of_names_has_to_say_what_it_takes():
    with pytest.raises(TypeError, match="takes=<a pydantic model>"):
        compose("unknown", "find", "quote", description="Takes what?")


def test_a_pipeline_has_steps():
    with pytest.raises(ValueError, match="it has no steps"):
        pipeline("empty", description="Does nothing.")


def test_tools_that_call_each_other_in_a_circle_are_refused_when_registered(make_executor, tools):
    first = compose("first", tools["double"], "second", description="Calls the second.")
    second = compose("second", tools["double"], "third", description="Calls the third.")
    third = compose("third", tools["double"], "first", description="Calls the first.")
    with pytest.raises(ValueError, match="would call each other without end") as caught:
        make_executor(first, second, third)
    assert "'third' → 'first' → 'second' → 'third'" in str(caught.value)
    with pytest.raises(ValueError, match="'self' → 'self'"):
        make_executor(compose("self", tools["double"], "self", description="Calls itself."))


def test_a_tool_that_is_missing_is_named_when_the_executor_is_built(make_executor, tools):
    lonely = compose("lonely", tools["double"], "total", description="Is alone.")
    with pytest.raises(LookupError, match=r"'lonely' calls 'double', 'total': register that too"):
        make_executor(lonely)
