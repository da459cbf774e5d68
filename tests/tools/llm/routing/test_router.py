"""Failover as callers see it and recorded tell it, with real requests to the lab."""

from dataclasses import replace

import pytest

from tests.tools.llm.models import ask, asked, deployment, told
from tools.definition.policy import Rate
from tools.llm.adapters.errors import ModelError
from tools.llm.routing import Discard, Entry, NoDeployment, Route, Routed
from tools.llm.transcript import Call, Text

NAMES = ("openai responses", "anthropic", "gemini")


@pytest.fixture
def route(lab):
    entries = [Entry(deployment=deployment(lab, name), rank=rank) for rank, name in enumerate(NAMES)]
    return Route(name="chat", entries=tuple(entries))


def asking(transcript=None, **about):
    return lambda where, simpler: ask(
        where, transcript or asked(), system="Simply." if simpler else "Well.", **about
    )


async def streamed(router, route, question):
    return [item async for item in router.stream(route, question)]


def tries(recorded):
    """Of each try: the deployment, its number, why the one before was not it, and its error."""
    said = [span.attributes for span in recorded.get_finished_spans()]
    return [
        (
            one["salesboost.deployment"],
            one["salesboost.route.try"],
            one.get("salesboost.route.reason"),
            one.get("error.type"),
        )
        for one in said
    ]


async def test_the_first_that_can_answers(router, route, recorded):
    routed = await router.complete(route, asking())
    assert (routed.deployment.name, routed.tries) == ("openai responses", 1)
    assert tries(recorded) == [("openai responses", 1, None, None)]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("rate_limited_silently", "rate_limit"),
        ("overloaded", "overloaded"),
        ("server_error", "server"),
        ("html", "unreadable"),
        ("closed_connection", "broken_stream"),
        ("wrong_key", "authentication"),
        ("no_credit", "credit"),
        ("unknown_model", "unknown_model"),
    ],
)
async def test_where_one_fails_the_next_answers_and_the_spans_say_why(lab, router, route, recorded, fault, kind):
    lab.fail(fault, vendor="openai")
    routed = await router.complete(route, asking())
    assert (routed.deployment.name, routed.tries) == ("anthropic", 2)
    assert tries(recorded) == [
        ("openai responses", 1, None, kind),
        ("anthropic", 2, f"openai responses: {kind}", None),
    ]


@pytest.mark.parametrize(("fault", "kind"), [("invalid_request", "invalid"), ("content_filter", "policy")])
async def test_what_nobody_would_answer_otherwise_is_asked_once(lab, router, route, recorded, fault, kind):
    lab.fail(fault, vendor="openai")
    with pytest.raises(ModelError) as failed:
        await router.complete(route, asking())
    assert failed.value.kind == kind and len(tries(recorded)) == 1


async def test_when_all_fail_the_last_error_is_raised(lab, router, route, recorded):
    lab.fail("overloaded", times=None)
    with pytest.raises(ModelError) as failed:
        await router.complete(route, asking())
    assert failed.value.kind == "overloaded"
    assert [name for name, *_ in tries(recorded)] == list(NAMES)


async def test_too_long_a_conversation_goes_to_who_takes_more(lab, router, route, recorded):
    first, second, third = route.entries
    larger = replace(third.deployment, can=replace(third.deployment.can, context_tokens=1_000_000))
    route = replace(route, entries=(first, second, replace(third, deployment=larger)))
    lab.fail("context_too_long", vendor="openai")
    assert (await router.complete(route, asking())).deployment.name == "gemini"


async def test_a_call_that_cannot_be_read_is_asked_for_once_more_more_simply(lab, router, route, recorded):
    route = replace(route, entries=route.entries[::-1])
    route = replace(route, entries=tuple(replace(entry, rank=rank) for rank, entry in enumerate(route.entries)))
    lab.fail("malformed_call", vendor="gemini")
    routed = await router.complete(route, asking())
    assert (routed.deployment.name, routed.tries) == ("gemini", 2)
    assert [str(request.system) for request in lab.requests] == ["Well.", "Simply."]
    lab.fail("malformed_call", vendor="gemini", times=2)
    assert (await router.complete(route, asking())).deployment.name == "anthropic"


async def test_after_some_text_the_draft_is_given_up_and_another_begins(lab, router, route, recorded):
    lab.fail("cut_stream", vendor="groq")
    route = replace(route, entries=(Entry(deployment=deployment(lab, "groq"), rank=-1), *route.entries))
    items = await streamed(
        router, route, asking(asked("Say hello to all of us, one after another."), tools=(), stream=True)
    )
    at = next(place for place, item in enumerate(items) if isinstance(item, Discard))
    assert items[at].reason == "groq: broken_stream" and at > 0
    assert "".join(item.text for item in items[at + 1 : -1]) == items[-1].answer.parts[-1].text
    assert items[-1].deployment.name == "openai responses"


async def test_before_the_first_piece_nobody_hears_of_the_other(lab, router, route, recorded):
    lab.fail("overloaded", vendor="openai")
    items = await streamed(router, route, asking(stream=True))
    assert not [item for item in items if isinstance(item, Discard)]
    assert isinstance(items[-1], Routed) and items[-1].deployment.name == "anthropic"


async def test_a_stream_that_goes_well_is_a_span_that_does(router, route, recorded):
    items = await streamed(router, route, asking())
    assert isinstance(items[-1], Routed)
    (span,) = recorded.get_finished_spans()
    assert "error.type" not in span.attributes and span.attributes["gen_ai.usage.output_tokens"] > 0


@pytest.mark.parametrize("stream", [False, True])
async def test_a_question_that_cannot_be_made_gives_its_probe_back(lab, router, route, clock, stream):
    def nothing(where, simpler):
        raise LookupError("no prompt")

    lab.fail("overloaded", vendor="openai", times=3)
    for _ in range(3):
        await router.complete(route, asking())
    clock.now += 31
    with pytest.raises(LookupError):
        await (streamed(router, route, nothing) if stream else router.complete(route, nothing))
    assert (await router.complete(route, asking())).deployment.name == "openai responses"


async def test_once_a_call_has_begun_nobody_else_is_asked(lab, router, route, recorded):
    lab.fail("uncompleted_stream", vendor="openai")
    with pytest.raises(ModelError) as failed:
        await streamed(router, route, asking(stream=True))
    assert failed.value.kind == "broken_stream" and len(tries(recorded)) == 1


async def test_after_a_tool_has_run_another_vendor_goes_on_with_what_it_can_read(lab, router, route, recorded):
    first = await router.complete(route, asking())
    (call,) = [part for part in first.answer.parts if isinstance(part, Call)]
    transcript = told(asked().answer(first.answer.parts, first.deployment.origin))
    lab.fail("overloaded", vendor="openai")
    route = replace(route, entries=(route.entries[0], route.entries[2]))
    second = await router.complete(route, asking(transcript))
    assert second.deployment.name == "gemini"
    assert any(isinstance(part, Text) and "21" in part.text for part in second.answer.parts)
    assert recorded.get_finished_spans()[-1].attributes["salesboost.opaque.stripped"] == 1
    assert call.call_id not in str(lab.requests[0].body)


async def test_one_that_keeps_failing_rests_and_is_tried_again(lab, router, route, recorded, clock):
    lab.fail("overloaded", vendor="openai", times=3)
    for _ in range(3):
        await router.complete(route, asking())
    before = len(lab.requests)
    routed = await router.complete(route, asking())
    assert (routed.deployment.name, routed.tries) == ("anthropic", 1)
    assert [request.vendor for request in lab.requests[before:]] == ["anthropic"]
    assert tries(recorded)[-1][2].startswith("openai responses: it rests for ")
    clock.now += 31
    assert (await router.complete(route, asking())).deployment.name == "openai responses"


async def test_a_vendor_is_left_alone_for_as_long_as_it_asks(lab, router, route, clock):
    lab.fail("rate_limited", vendor="openai")  # Retry-After: 2
    await router.complete(route, asking())
    assert (await router.complete(route, asking())).deployment.name == "anthropic"
    clock.now += 2.1
    assert (await router.complete(route, asking())).deployment.name == "openai responses"


async def test_a_wrong_key_is_not_tried_again_at_once(lab, router, route, clock):
    lab.fail("wrong_key", vendor="openai")
    await router.complete(route, asking())
    assert (await router.complete(route, asking())).tries == 1
    clock.now += 301
    assert (await router.complete(route, asking())).deployment.name == "openai responses"


async def test_what_tells_of_the_question_lets_nobody_rest(lab, router, route):
    lab.fail("context_too_long", vendor="openai", times=5)
    for _ in range(5):
        with pytest.raises(ModelError):
            await router.complete(route, asking())
    assert (await router.complete(route, asking())).deployment.name == "openai responses"


async def test_a_rate_is_kept_by_going_to_the_next(router, route):
    first, *others = route.entries
    route = replace(route, entries=(replace(first, rate=Rate.parse("2/min")), *others))
    found = [(await router.complete(route, asking())).deployment.name for _ in range(3)]
    assert found == ["openai responses", "openai responses", "anthropic"]


async def test_with_nobody_left_it_says_why(lab, router, route):
    lab.fail("no_credit", times=3)
    with pytest.raises(ModelError):
        await router.complete(route, asking())
    with pytest.raises(
        NoDeployment, match=r"'chat' has nobody to ask now \(openai responses: it rests for \d+ s; anth"
    ):
        await router.complete(route, asking())
