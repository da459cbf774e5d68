"""Turns with real requests to the lab, and real calls through all stages."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import MODELS, ask, asked, deployment, sms, weather
from tools import Injected
from tools.calls.call import Caller
from tools.definition.decorators import tool
from tools.errors import ProviderError
from tools.llm.adapters.errors import ModelError
from tools.llm.calling.turn import EndedBy, Limits, TurnFailed, Turns

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
def turns(client, spans, make_executor):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Turns(client, make_executor(weather, sms, fails, who_asks), tracer=provider.get_tracer("test"))


def called(*calls):
    return Reply(calls=[ToolUse(name, arguments) for name, arguments in calls])


@pytest.mark.parametrize("name", MODELS)
async def test_it_goes_from_a_question_to_an_answer(lab, turns, name):
    where = deployment(lab, name)
    turn = await turns.execute(where, ask(where, asked()))
    assert turn.ended_by is EndedBy.ANSWER and "degrees" in turn.text
    assert [message.role.value for message in turn.transcript] == ["user", "assistant", "tool", "assistant"]
    assert (
        turn.tokens == sum(answer.usage.input_tokens + answer.usage.output_tokens for answer in turn.answers) > 0
    )
    later = await turns.execute(where, ask(where, turn.transcript.ask("And the weather in Rome?")))
    assert len(later.transcript) == 8


async def test_calls_are_made_side_by_side_and_told_in_their_order(lab, turns):
    where = deployment(lab, "anthropic")
    lab.say(
        called(
            ("weather", {"city": "Rome"}), ("fails", {"city": "Oslo"}), ("weather", {"city": "Bern", "days": 2})
        )
    )
    question = ask(where, asked(), tools=(weather, fails))
    turn = await turns.execute(where, question)
    results = turn.transcript.messages[2].results
    assert [result.is_error for result in results] == [False, True, False]
    assert [json.loads(result.content) for result in results] == [
        {"degrees": 21},
        {"error": "The weather station is closed.", "hint": "ask again tomorrow"},
        {"degrees": 42},
    ]


async def test_what_is_wrong_with_a_call_is_told_to_the_model_and_recorded(lab, turns, spans):
    where = deployment(lab, "openai chat")
    lab.say(called(("weather", '{"city": "Rom'), ("weather", {"town": "Rome"}), ("made_up", {})))
    turn = await turns.execute(where, ask(where, asked()))
    errors = [json.loads(result.content)["error"] for result in turn.transcript.messages[2].results]
    assert "cannot be read" in errors[0] and "town" in errors[1] and "made_up" in errors[2]
    assert turn.ended_by is EndedBy.ANSWER


async def test_the_caller_of_the_turn_is_who_calls_the_tools(lab, turns):
    HEARD.clear()
    where = deployment(lab, "gemini")
    lab.say(called(("who_asks", {})))
    question = ask(where, asked(), tools=(who_asks,))
    await turns.execute(where, question, caller_role="coach", session_id="s-1", context={"prompt_version": "p@1"})
    (caller,) = HEARD
    assert (caller.role, caller.session_id) == ("coach", "s-1")
    assert caller.context == {
        **{"provider": "gemini", "model": where.model, "agent": "conversation"},
        "prompt_version": "p@1",
    }


async def test_the_spans_of_a_turn_are_one_trace(lab, turns, spans):
    where = deployment(lab, "xai")
    await turns.execute(where, ask(where, asked()), session_id="s-1")
    *chats, around = spans.get_finished_spans()
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
        (Limits(seconds=0.0), "time", 1),
    ],
)
async def test_a_turn_ends_at_its_limits_with_a_whole_transcript(
    lab, client, make_executor, limits, ended_by, rounds
):
    turns = Turns(client, make_executor(weather), price=lambda model, usage: Decimal("0.01"), clock=lambda: 5.0)
    where = deployment(lab, "anthropic")
    lab.say(*[called(("weather", {"city": "Rome"}))] * 5)
    turn = await turns.execute(where, ask(where, asked()), limits=limits)
    assert (turn.ended_by, len(turn.answers), turn.text) == (ended_by, rounds, "")
    assert turn.transcript.open_calls == [] and turn.transcript.messages[-1].results[0].is_error
    assert turn.usd == Decimal("0.01") * rounds
    lab.forget()
    later = await turns.execute(where, ask(where, turn.transcript.ask("Go on.")))
    assert later.ended_by is EndedBy.ANSWER


@pytest.mark.parametrize("choice", ["required", "weather"])
@pytest.mark.parametrize("name", ["openai responses", "anthropic", "gemini"])
async def test_what_has_to_be_called_is_called_once_and_then_answered(lab, turns, name, choice):
    where = deployment(lab, name)
    turn = await turns.execute(where, ask(where, asked(), choice=choice))
    assert (turn.ended_by, len(turn.answers)) == (EndedBy.ANSWER, 2)


@tool
def breaks_the_vendor() -> str:
    """Whoever calls it finds the vendor overloaded."""
    BROKEN[0].fail("overloaded")
    return "done"


async def test_what_tools_did_is_kept_where_a_later_round_fails(lab, client, make_executor):
    BROKEN[:] = [lab]
    where = deployment(lab, "groq")
    lab.say(called(("breaks_the_vendor", {})))
    turns = Turns(client, make_executor(breaks_the_vendor))
    with pytest.raises(TurnFailed) as failed:
        await turns.execute(where, ask(where, asked(), tools=(breaks_the_vendor,)))
    turn = failed.value.turn
    assert (failed.value.kind, turn.ended_by, len(turn.answers)) == ("overloaded", EndedBy.ERROR, 1)
    assert turn.transcript.messages[-1].results[0].content == '"done"'


async def test_an_answer_that_was_cut_off_says_so(lab, turns):
    where = deployment(lab, "openai chat")
    lab.say(Reply(text="The answer is forty", finish="length"))
    turn = await turns.execute(where, ask(where, asked()))
    assert (turn.ended_by, turn.text) == (EndedBy.LENGTH, "The answer is forty")


async def test_a_model_that_cannot_be_asked_ends_the_turn_with_its_error(lab, turns, spans):
    where = deployment(lab, "groq")
    lab.fail("overloaded")
    with pytest.raises(ModelError):
        await turns.execute(where, ask(where, asked()))
    assert [span.attributes["error.type"] for span in spans.get_finished_spans()] == ["overloaded"] * 2


async def test_what_cannot_be_asked_leaves_a_span_too(lab, client, spans):
    where = deployment(lab, "groq")
    question = replace(ask(where, asked()), choice="nobody")
    with pytest.raises(ModelError):
        await client.complete(where, question)
    (span,) = spans.get_finished_spans()
    assert span.attributes["error.type"] == "invalid" and "nobody" in span.status.description
