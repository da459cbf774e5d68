from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.llm.calling.test_other_vendors import transcripts
from tests.tools.llm.models import MODELS, asked, weather
from tools.llm.adapters import ADAPTERS
from tools.llm.adapters.base import Ask, Usage
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.counting import Counts
from tools.llm.counting.cutting import cut
from tools.llm.transcript import Call, Opaque, Origin, Text, Transcript

HERE = Origin("openai", "gpt-6-sol", "here")


def question(transcript, takes, **about):
    can = Capabilities(vision=True, context_tokens=takes, max_output_tokens=50)
    return Ask(origin=HERE, transcript=transcript, can=can, tools=(weather,), **about)


def long(turns):
    transcript = Transcript()
    for at in range(turns):
        transcript = transcript.ask(f"Question {at}: " + "word " * 100).answer([Call("weather", {"city": "Rome"})])
        transcript = transcript.closed().answer([Text("It is warm.")])
    return transcript.ask("And tomorrow?")


def test_the_end_of_a_long_conversation_is_sent_and_the_original_stays():
    whole = long(10)
    kept, left_out = cut(question(whole, 1_000), Counts())
    assert 0 < left_out < len(whole) == 41
    assert kept.transcript.messages == whole.messages[left_out:] and kept.transcript.messages[0].role == "user"


@pytest.mark.parametrize("about", [{"system": "Be brief. " * 200}, {"max_output_tokens": 50}, {"system": ""}])
def test_instructions_tools_and_the_answer_take_of_the_room(about):
    counts, whole = Counts(), question(long(10), 2_000, **about)
    kept, left_out = cut(whole, counts)
    assert counts.whole(kept) <= 2_000 - 50
    assert (left_out > 0) == (counts.whole(whole) > 2_000 - 50)


def test_what_was_learned_decides():
    counts, ask = Counts(), question(long(10), 3_000)
    assert cut(ask, counts).left_out == 0
    counts.learn(ask, Usage(counts.whole(ask) * 2, 1))
    assert cut(ask, counts).left_out > 0


@pytest.mark.parametrize("before", [0, 3])
def test_a_last_turn_that_alone_does_not_fit_is_refused_with_a_sentence(before):
    transcript = replace(long(before)).answer([Text("Warm.")]).ask("word " * 5_000)
    with pytest.raises(ModelError) as refused:
        cut(question(transcript, 2_000), Counts())
    assert refused.value.kind is ErrorKind.CONTEXT
    assert str(refused.value).startswith("The last turn, instructions and tools are some 7,")
    assert str(refused.value).endswith(
        "tokens, and beside its answer 'gpt-6-sol' takes 1,950: shorten the conversation, or ask a model "
        "that takes more."
    )


def test_thoughts_stay_behind_with_what_they_hold_for():
    transcript = long(5).answer([Opaque(HERE, "reasoning", {"id": "rs_1"}), Text("Warm.")], HERE).ask("Sure?")
    kept, left_out = cut(question(transcript, 600), Counts())
    assert left_out and not any(isinstance(part, Opaque) for message in kept.transcript for part in message.parts)


@pytest.mark.parametrize("name", MODELS)
@given(transcript=transcripts(), takes=st.integers(100, 1_500))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_cut_fits_is_valid_and_ends_as_it_was(name, transcript, takes):
    provider, api, model, _ = MODELS[name]
    can = Capabilities(api=api, vision=True, context_tokens=takes, max_output_tokens=20)
    ask = Ask(origin=Origin(provider, model, name), transcript=transcript, can=can)
    counts = Counts()
    *_, last = transcript.turns()
    try:
        kept, left_out = cut(ask, counts)
    except ModelError as error:
        assert error.kind is ErrorKind.CONTEXT
        alone = replace(ask, transcript=Transcript(tuple(last)).without_opaque())
        assert counts.whole(alone) > takes - 20
        return
    assert counts.whole(kept) <= takes - 20
    sent = kept.transcript.messages
    assert len(sent) == len(transcript) - left_out and len(sent) >= len(last)
    assert [message.text for message in sent[-len(last) :]] == [message.text for message in last]
    again = Transcript()
    for message in sent:  # each may stand where it stands
        again = again.add(message)
    assert ADAPTERS[provider, api].request(kept).body


def test_a_conversation_of_nothing_is_left_to_who_writes_it():
    assert cut(question(Transcript(), 10), Counts()).left_out == 0


def test_what_fits_is_sent_as_it_is():
    ask = question(asked(), 1_000)
    assert cut(ask, Counts()) == (ask, 0)
