"""A turn as it happens: pieces, drafts given up, calls, results; and what is left of one that was closed."""

from contextlib import aclosing

import pytest

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import MODELS, asked, deployment, question, weather
from tools.calls.call import ToolResult
from tools.llm.adapters.base import Delta
from tools.llm.routing import Discard, Entry, Route
from tools.llm.transcript import Role
from tools.llm.turns import Conversation, EndedBy, Turn, Turns
from tools.llm.turns.turn import Called, Calling


@pytest.fixture
def turns(model_client, make_executor):
    return Turns(model_client, make_executor(weather))


@pytest.mark.parametrize("name", MODELS)
async def test_all_that_happens_is_told_in_its_order(lab, turns, name):
    *events, turn = [event async for event in turns.stream(deployment(lab, name), question(asked()))]
    assert isinstance(turn, Turn) and turn.ended_by is EndedBy.ANSWER
    kinds = [type(event) for event in events]
    called = kinds.index(Calling)
    assert kinds[called + 1] is Called and set(kinds[:called]) == {Delta} == set(kinds[called + 2 :])
    calling, ended = events[called], events[called + 1]
    assert calling.turn.transcript.open_calls == list(calling.calls) == [ended.call]
    assert isinstance(ended.ending, ToolResult)
    said = "".join(event.text for event in events[called + 2 :] if event.kind == "text")
    assert said == turn.text


async def test_a_draft_is_given_up_where_its_vendor_breaks_off(lab, turns):
    first, second = deployment(lab, "groq"), deployment(lab, "openai chat")
    route = Route(name="chat", entries=(Entry(deployment=first), Entry(deployment=second, rank=1)))
    lab.fail("cut_stream", vendor="groq")
    *events, turn = [event async for event in turns.stream(route, question(asked("Hello.")))]
    at = next(index for index, event in enumerate(events) if isinstance(event, Discard))
    assert events[at].reason == "groq: broken_stream"
    # What the draft took counts, too.
    (answer,) = turn.answers
    assert turn.tokens > answer.usage.input_tokens + answer.usage.output_tokens
    assert "".join(event.text for event in events[at + 1 :] if event.kind == "text") == turn.text != ""


async def test_who_closes_a_turn_stops_the_model(lab, turns, recorded):
    lab.say(Reply(text="A long answer. " * 50))
    events = turns.stream(deployment(lab, "openai chat"), question(asked()))
    async with aclosing(events):
        assert (await anext(events)).kind == "text"
    (chat,) = recorded.get_finished_spans()
    assert chat.attributes["error.type"] == "broken_stream" and "went away" in chat.status.description


async def test_a_conversation_that_was_left_amid_a_call_knows_of_it(lab, turns):
    conversation = Conversation(deployment(lab, "gemini"), turns, tools=(weather,))
    lab.say(Reply(calls=[ToolUse("weather", {"city": "Rome"})]))
    events = conversation.stream("What is the weather in Rome?")
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Calling):
                break
    assert len(conversation.transcript.open_calls) == 1
    turn = await conversation.say("Are you there?")
    assert turn.ended_by is EndedBy.ANSWER
    assert [message.role for message in turn.transcript][:4] == [Role.USER, Role.ASSISTANT, Role.TOOL, Role.USER]
    assert "whether it was made is not known" in turn.transcript.messages[2].results[0].content


async def test_what_calls_came_to_is_known_to_who_left_before_the_next_answer(lab, turns):
    conversation = Conversation(deployment(lab, "gemini"), turns, tools=(weather,))
    lab.say(Reply(calls=[ToolUse("weather", {"city": "Rome"})]))
    async with aclosing(conversation.stream("What is the weather in Rome?")) as events:
        async for event in events:
            if isinstance(event, Called):
                break
    (result,) = conversation.transcript.messages[-1].results
    assert (result.content, result.is_error) == ('{"degrees":21}', False)
