"""Turns with real requests to the lab, and real calls through all stages."""

import json
from decimal import Decimal

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import MODELS, ask, asked, deployment, question, sms, weather
from tools import Injected
from tools.calls.call import Caller
from tools.definition.decorators import tool
from tools.errors import ProviderError
from tools.llm.adapters.errors import ModelError
from tools.llm.routing import Entry, Route
from tools.llm.turns import EndedBy, Limits, TurnFailed, Turns

HEARD = []
BROKEN = []


@tool(retries=0)
def fails(city: str) -> str:
    """Fails always."""
    raise ProviderError("The weather station is closed.", hint="ask again tomorrow")


@tool
def who_asks(*, caller: Injected[Caller]) -> str:
    """Says who asks."""
    HEARD.append(caller)
    return caller.role


@pytest.fixture
def turns(model_client, recorded, make_executor):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(recorded))
    return Turns(model_client, make_executor(weather, sms, fails, who_asks), tracer=provider.get_tracer("test"))


def called(*calls):
    return Reply(calls=[ToolUse(name, arguments) for name, arguments in calls])


@pytest.mark.parametrize("name", MODELS)
async def test_it_goes_from_a_question_to_an_answer(lab, turns, name):
    where = deployment(lab, name)
    turn = await turns.execute(where, question(asked()))
    assert turn.ended_by is EndedBy.ANSWER and "degrees" in turn.text
    assert [message.role.value for message in turn.transcript] == ["user", "assistant", "tool", "assistant"]
    assert (
        turn.tokens == sum(answer.usage.input_tokens + answer.usage.output_tokens for answer in turn.answers) > 0
    )
    later = await turns.execute(where, question(turn.transcript.ask("And the weather in Rome?")))
    assert len(later.transcript) == 8


async def test_calls_are_made_side_by_side_and_told_in_their_order(lab, turns):
    where = deployment(lab, "anthropic")
    lab.say(
        called(
            ("weather", {"city": "Rome"}), ("fails", {"city": "Oslo"}), ("weather", {"city": "Bern", "days": 2})
        )
    )
    asking = question(asked(), tools=(weather, fails))
    turn = await turns.execute(where, asking)
    results = turn.transcript.messages[2].results
    assert [result.is_error for result in results] == [False, True, False]
    assert [json.loads(result.content) for result in results] == [
        {"degrees": 21},
        {"error": "The weather station is closed.", "hint": "ask again tomorrow"},
        {"degrees": 42},
    ]


async def test_what_is_wrong_with_a_call_is_told_to_the_model_and_recorded(lab, turns, recorded):
    where = deployment(lab, "openai chat")
    lab.say(called(("weather", '{"city": "Rom'), ("weather", {"town": "Rome"}), ("made_up", {})))
    turn = await turns.execute(where, question(asked()))
    errors = [json.loads(result.content)["error"] for result in turn.transcript.messages[2].results]
    assert "cannot be read" in errors[0] and "town" in errors[1] and "made_up" in errors[2]
    assert turn.ended_by is EndedBy.ANSWER


async def test_the_caller_of_the_turn_is_who_calls_the_tools(lab, turns):
    HEARD.clear()
    where = deployment(lab, "gemini")
    lab.say(called(("who_asks", {})))
    asking = question(asked(), tools=(who_asks,))
    await turns.execute(where, asking, caller_role="coach", session_id="s-1", context={"prompt_version": "p@1"})
    (caller,) = HEARD
    assert (caller.role, caller.session_id) == ("coach", "s-1")
    assert caller.context == {
        **{"provider": "gcp.gemini", "model": where.model, "agent": "conversation"},
        "prompt_version": "p@1",
    }


async def test_the_spans_of_a_turn_are_one_trace(lab, turns, recorded):
    where = deployment(lab, "xai")
    await turns.execute(where, question(asked()), session_id="s-1")
    *chats, around = recorded.get_finished_spans()
    assert (
        around.name == "invoke_agent conversation" and [span.name for span in chats] == [f"chat {where.model}"] * 2
    )
    assert {span.context.trace_id for span in chats} == {around.context.trace_id}
    assert {span.parent.span_id for span in chats} == {around.context.span_id}
    said = around.attributes
    assert (said["salesboost.turn.rounds"], said["salesboost.turn.ended_by"]) == (2, "answer")
    assert said["gen_ai.usage.input_tokens"] == sum(span.attributes["gen_ai.usage.input_tokens"] for span in chats)
    assert said["salesboost.usage.is_a_sum"] is True
    assert {span.attributes["gen_ai.conversation.id"] for span in (*chats, around)} == {"s-1"}


@pytest.mark.parametrize(
    ("limits", "ended_by", "rounds"),
    [
        (Limits(rounds=2), "rounds", 2),
        (Limits(tokens=1), "tokens", 1),
        (Limits(usd=Decimal("0.02")), "money", 2),
    ],
)
async def test_a_turn_ends_at_its_limits_with_a_whole_transcript(
    lab, model_client, make_executor, limits, ended_by, rounds
):
    turns = Turns(
        model_client,
        make_executor(weather),
        price=lambda *about: Decimal("0.01"),
        clock=lambda: 5.0,
    )
    where = deployment(lab, "anthropic")
    lab.say(*[called(("weather", {"city": "Rome"}))] * 5)
    turn = await turns.execute(where, question(asked()), limits=limits)
    assert (turn.ended_by, len(turn.answers), turn.text) == (ended_by, rounds, "")
    assert turn.transcript.open_calls == [] and turn.transcript.messages[-1].results[0].is_error
    assert turn.usd == Decimal("0.01") * rounds
    lab.forget()
    later = await turns.execute(where, question(turn.transcript.ask("Go on.")))
    assert later.ended_by is EndedBy.ANSWER


@pytest.mark.parametrize("choice", ["required", "weather"])
@pytest.mark.parametrize("name", ["openai responses", "anthropic", "gemini"])
async def test_what_has_to_be_called_is_called_once_and_then_answered(lab, turns, name, choice):
    where = deployment(lab, name)
    turn = await turns.execute(where, question(asked(), choice=choice))
    assert (turn.ended_by, len(turn.answers)) == (EndedBy.ANSWER, 2)


@tool
def breaks_the_vendor() -> str:
    """Whoever calls it finds the vendor overloaded."""
    BROKEN[0].fail("overloaded")
    return "done"


async def test_what_tools_did_is_kept_where_a_later_round_fails(lab, model_client, make_executor):
    BROKEN[:] = [lab]
    where = deployment(lab, "groq")
    lab.say(called(("breaks_the_vendor", {})))
    turns = Turns(model_client, make_executor(breaks_the_vendor))
    with pytest.raises(TurnFailed) as failed:
        await turns.execute(where, question(asked(), tools=(breaks_the_vendor,)))
    turn = failed.value.turn
    assert (failed.value.kind, turn.ended_by, len(turn.answers)) == ("overloaded", EndedBy.ERROR, 1)
    assert turn.transcript.messages[-1].results[0].content == '"done"'


async def test_an_answer_that_was_cut_off_says_so(lab, turns):
    where = deployment(lab, "openai chat")
    lab.say(Reply(text="The answer is forty", finish="length"))
    turn = await turns.execute(where, question(asked()))
    assert (turn.ended_by, turn.text) == (EndedBy.LENGTH, "The answer is forty")


async def test_a_model_that_cannot_be_asked_ends_the_turn_with_its_error(lab, turns, recorded):
    where = deployment(lab, "groq")
    lab.fail("overloaded")
    with pytest.raises(ModelError):
        await turns.execute(where, question(asked()))
    assert [span.attributes["error.type"] for span in recorded.get_finished_spans()] == ["overloaded"] * 2


async def test_what_cannot_be_asked_leaves_a_span_too(lab, model_client, recorded):
    where = deployment(lab, "groq")
    with pytest.raises(ModelError):
        await model_client.complete(where, ask(where, asked(), choice="nobody"))
    (span,) = recorded.get_finished_spans()
    assert span.attributes["error.type"] == "invalid" and "nobody" in span.status.description


async def test_the_time_of_a_turn_ends_a_model_that_says_nothing(lab, turns, recorded):
    where = deployment(lab, "anthropic")
    lab.fail("silence")
    turn = await turns.execute(where, question(asked()), limits=Limits(seconds=0.2))
    assert (turn.ended_by, turn.text, len(turn.transcript)) == (EndedBy.TIME, "", 1)
    chat, around = recorded.get_finished_spans()
    assert chat.attributes["error.type"] == "broken_stream"
    assert around.attributes["salesboost.turn.ended_by"] == "time"


async def test_a_turn_asks_the_next_deployment_and_stays_with_it(lab, turns, recorded):
    first, second = deployment(lab, "anthropic"), deployment(lab, "gemini")
    route = Route(name="chat", entries=(Entry(deployment=first), Entry(deployment=second, rank=1)))
    lab.fail("overloaded", vendor="anthropic")
    turn = await turns.execute(route, question(asked()))
    assert (turn.ended_by, turn.deployment) == (EndedBy.ANSWER, "gemini")
    chats = [span for span in recorded.get_finished_spans() if span.name.startswith("chat")]
    assert [span.attributes["salesboost.deployment"] for span in chats] == ["anthropic", "gemini", "gemini"]
    assert chats[1].attributes["salesboost.route.reason"] == "anthropic: overloaded"
    assert turn.trace_id == f"{chats[0].context.trace_id:032x}"


async def test_after_a_tools_result_another_vendor_goes_on_without_what_it_cannot_read(
    lab, model_client, make_executor, recorded
):
    first, second = deployment(lab, "anthropic"), deployment(lab, "gemini")
    route = Route(name="chat", entries=(Entry(deployment=first), Entry(deployment=second, rank=1)))
    BROKEN[:] = [lab]
    lab.say(called(("breaks_the_vendor", {})))
    turns = Turns(model_client, make_executor(breaks_the_vendor))
    turn = await turns.execute(route, question(asked(), tools=(breaks_the_vendor,)))
    assert (turn.ended_by, turn.deployment) == (EndedBy.ANSWER, "gemini")
    assert [len(message.results) for message in turn.transcript] == [0, 0, 1, 0]
    assert turn.transcript.messages[2].results[0].content == '"done"'
    vendors = [span.attributes["gen_ai.provider.name"] for span in recorded.get_finished_spans()]
    assert vendors == ["anthropic", "anthropic", "gcp.gemini"]


@pytest.mark.parametrize("choice", ["required", "weather"])
async def test_who_does_not_call_what_it_has_to_is_asked_once_more_and_then_no_more(lab, turns, choice):
    where = deployment(lab, "anthropic")
    lab.say(Reply(text="It is warm."))
    turn = await turns.execute(where, question(asked(), choice=choice))
    assert (turn.ended_by, len(turn.answers)) == (EndedBy.ANSWER, 3)
    assert [message.role.value for message in turn.transcript] == ["user", "assistant", "tool", "assistant"]
    assert "Call" in turn.transcript.messages[0].text and "It is warm." not in turn.transcript.messages[-1].text
    lab.say(Reply(text="It is warm."), Reply(text="It is warm."))
    with pytest.raises(TurnFailed, match="answered twice without the call") as failed:
        await turns.execute(where, question(asked(), choice=choice))
    assert failed.value.kind == "tool_not_called" and len(failed.value.turn.answers) == 2


async def test_limits_bind_also_where_a_vendor_says_nothing_of_tokens(lab, turns):
    where = deployment(lab, "openai chat")
    lab.say(*[called(("weather", {"city": "Rome"}))] * 5)
    lab.fail("no_usage", times=5)
    turn = await turns.execute(where, question(asked()), limits=Limits(tokens=400))
    assert turn.answers[0].usage is None
    assert (turn.ended_by, 1 < len(turn.answers) < 5) == (EndedBy.TOKENS, True) and turn.tokens >= 400


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *((name, "long_id") for name in ("openai chat", "groq", "openrouter")),
        *((name, "no_signature") for name in ("anthropic", "anthropic haiku")),
    ],
)
async def test_what_a_model_wrote_wrong_does_not_come_back_to_be_refused(lab, turns, name, fault):
    where = deployment(lab, name)
    lab.fail(fault, vendor=where.provider)
    turn = await turns.execute(where, question(asked()))
    assert turn.ended_by is EndedBy.ANSWER and "degrees" in turn.text
    later = await turns.execute(where, question(turn.transcript.ask("And the weather in Rome?")))
    assert later.ended_by is EndedBy.ANSWER
