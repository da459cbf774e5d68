"""Models that bind their thoughts to what came before them: what changes it drops them, and is taken."""

import pytest

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import ask, asked, deployment, said, sms, told, weather
from tools.llm.transcript import Text
from tools.llm.transcript.trimming import trimmed

BOUND = ("anthropic", "anthropic haiku")


async def first_round(lab, model_client, name, **about):
    """A question, the call of its answer, and the result."""
    where = deployment(lab, name)
    answer, _ = await said(model_client, where, ask(where, asked(), **about))
    return where, told(asked().answer(answer.parts, where.origin))


@pytest.mark.parametrize("name", BOUND)
@pytest.mark.parametrize(
    "changed",
    [
        {"system": "Be long."},
        {"tools": (weather,)},
        {"tools": ()},
        {"descriptions": {"weather": "Another description."}},
    ],
)
async def test_instructions_and_tools_may_change_amid_a_turn(lab, model_client, recorded, name, changed):
    where, transcript = await first_round(lab, model_client, name)
    answer, _ = await said(model_client, where, ask(where, transcript, **changed))
    assert answer.finish
    (change,) = recorded.get_finished_spans()[-1].attributes["salesboost.request.changes"]
    assert change.startswith("Earlier calls went as text")


@pytest.mark.parametrize("name", BOUND)
async def test_where_nothing_changes_the_thought_goes_back(lab, model_client, recorded, name):
    where, transcript = await first_round(lab, model_client, name)
    answer, _ = await said(model_client, where, ask(where, transcript))
    assert any(isinstance(part, Text) for part in answer.parts)
    assert "salesboost.request.changes" not in recorded.get_finished_spans()[-1].attributes
    assert "signature" in str(lab.requests[-1].body)


@pytest.mark.parametrize("name", BOUND)
async def test_a_long_conversation_may_be_cut_amid_a_turn(lab, model_client, name):
    where, transcript = await first_round(lab, model_client, name)
    answer, _ = await said(model_client, where, ask(where, transcript))
    transcript = transcript.answer(answer.parts, where.origin).ask("And the weather in Rome?")
    answer, _ = await said(model_client, where, ask(where, transcript))
    transcript = told(transcript.answer(answer.parts, where.origin))
    sent, left_out = trimmed(transcript, 0, len)
    assert left_out
    answer, _ = await said(model_client, where, ask(where, sent))
    assert answer.finish


@pytest.mark.parametrize("name", BOUND)
async def test_an_id_that_comes_again_changes_no_message_that_was_sent(lab, model_client, name):
    where, transcript = deployment(lab, name), asked()
    for city in ("Rome", "Bern", "Oslo"):
        lab.say(Reply(calls=[ToolUse("weather", {"city": city}, id="toolu_1")]))
        answer, _ = await said(model_client, where, ask(where, transcript))
        transcript = told(transcript.answer(answer.parts, where.origin))
    answer, _ = await said(model_client, where, ask(where, transcript))
    assert answer.finish


async def test_what_has_to_be_called_in_one_round_need_not_be_in_the_next(lab, model_client):
    where, transcript = await first_round(lab, model_client, "anthropic", choice="required")
    answer, _ = await said(model_client, where, ask(where, transcript, tools=(weather, sms)))
    assert answer.finish and "signature" not in str(lab.requests[-1].body["messages"])
