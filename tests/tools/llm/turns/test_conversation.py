import asyncio

import pytest

from salesboost.lab import Reply
from tests.tools.llm.models import deployment, weather
from tools.llm.adapters.errors import ModelError
from tools.llm.transcript import Text
from tools.llm.turns import Conversation, Limits, Model, Turns


@pytest.fixture
def model(lab, model_client):
    return Model(deployment(lab, "anthropic"), model_client, system="Be brief.")


@pytest.fixture
def conversation(model, model_client, make_executor):
    return Conversation(model, Turns(model_client, make_executor(weather)), tools=(weather,))


async def test_a_model_is_asked_in_one_line(lab, model):
    lab.say(Reply(text="Hello."), Reply(text="Hello again."))
    answer = await model.complete("Hi.", max_output_tokens=50)
    assert [part.text for part in answer.parts if isinstance(part, Text)] == ["Hello."]
    assert lab.requests[0].system == "Be brief." and lab.requests[0].max_tokens == 50
    *pieces, answer = [item async for item in model.stream("Hi.")]
    assert "".join(piece.text for piece in pieces if piece.kind == "text") == "Hello again."


async def test_a_conversation_keeps_what_was_said(lab, conversation):
    turn = await conversation.say("What is the weather in Paris?", caller_role="coach")
    assert "degrees" in turn.text and conversation.transcript is turn.transcript
    await conversation.say("Thank you.")
    assert [message.role.value for message in conversation.transcript] == [
        *("user", "assistant", "tool", "assistant"),
        *("user", "assistant"),
    ]


async def test_after_a_turn_that_failed_it_is_as_it_was(lab, conversation):
    await conversation.say("Thank you.")
    before = conversation.transcript
    lab.fail("overloaded")
    with pytest.raises(ModelError):
        await conversation.say("And now?")
    assert conversation.transcript == before
    await conversation.say("And now?")
    assert len(conversation.transcript) == len(before) + 2


async def test_it_is_one_turn_at_a_time(lab, conversation):
    lab.fail("silence")
    first = asyncio.create_task(conversation.say("Hello?"))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="wait for it before something else is said"):
        await conversation.say("Hello!")
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    lab.forget()
    assert (await conversation.say("Hello!")).text


async def test_its_limits_are_those_of_each_turn(lab, model, model_client, make_executor):
    turns = Turns(model_client, make_executor(weather))
    conversation = Conversation(model, turns, tools=(weather,), limits=Limits(rounds=1))
    assert (await conversation.say("What is the weather in Paris?")).ended_by == "rounds"
    assert (await conversation.say("Thank you.")).ended_by == "answer"
