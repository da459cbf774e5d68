"""What of a question a model cannot be asked, and what is asked otherwise."""

from dataclasses import replace

import pytest

from tests.tools.llm.models import MODELS, asked, weather
from tools.llm.adapters import ADAPTERS
from tools.llm.adapters.base import Ask
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.adapters.errors import ModelError
from tools.llm.adapters.writing import nearest
from tools.llm.transcript import Call, Image, Origin, Text, Transcript

EVERY = [(provider, api) for provider, api in ADAPTERS]


def question(provider="openai", api="chat", transcript=None, can=None, **about):
    can = can or Capabilities(api=api, vision=True, efforts=("low", "high"))
    origin = Origin(provider, "model-1", "here")
    return Ask(
        origin=origin, transcript=asked() if transcript is None else transcript, can=can, tools=(weather,), **about
    )


@pytest.mark.parametrize(("provider", "api"), EVERY)
@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        ({"transcript": Transcript()}, "invalid", "Nothing was asked"),
        ({"transcript": asked().answer([Text("Hi.")])}, "invalid", "Nothing was asked"),
        ({"choice": "sms"}, "invalid", "'sms' has to be called, and is not among the tools"),
        ({"can": Capabilities(tools=False)}, "capability", "'model-1' calls no tools"),
        (
            {"transcript": Transcript().ask(Image(b"", "image/png")), "can": Capabilities()},
            *("capability", "'model-1' takes no pictures"),
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(provider, api, wrong, kind, said):
    with pytest.raises(ModelError, match=said) as refused:
        ADAPTERS[provider, api].request(question(provider, api, **wrong))
    assert refused.value.kind == kind


@pytest.mark.parametrize(("provider", "api"), EVERY)
def test_what_a_model_does_not_take_is_left_out_and_told(provider, api):
    can = Capabilities(api=api, sampling=False, efforts=("low", "high"), max_output_tokens=1_000)
    wire = ADAPTERS[provider, api].request(
        question(provider, api, can=can, temperature=0.2, effort="xhigh", max_output_tokens=5_000)
    )
    assert sorted(wire.changes) == [
        "At most 1000 tokens were asked for: the model writes no more.",
        "The effort 'xhigh' was sent as 'high': the model has no other near it.",
        "The temperature was left out: the model takes none.",
    ]
    assert "temperature" not in str(wire.body) and "5000" not in str(wire.body) and "'high'" in str(wire.body)


@pytest.mark.parametrize(("provider", "api"), EVERY)
def test_what_a_model_takes_is_sent_as_it_was_asked(provider, api):
    wire = ADAPTERS[provider, api].request(question(provider, api, temperature=0.2, effort="low"))
    assert wire.changes == [] and "0.2" in str(wire.body) and "'low'" in str(wire.body)


@pytest.mark.parametrize(("provider", "api"), EVERY)
def test_a_call_that_cannot_be_forced_is_asked_for_in_words(provider, api):
    can = Capabilities(api=api, forced_tool_choice=False)
    wire = ADAPTERS[provider, api].request(question(provider, api, can=can, choice="weather", system="Be brief."))
    assert wire.must_call == "weather"
    assert "Be brief.\\n\\nAnswer by calling the tool weather." in repr(wire.body)


@pytest.mark.parametrize(("provider", "api"), EVERY)
def test_a_vendors_id_goes_back_to_who_gave_it_and_to_nobody_else(provider, api):
    call = Call("weather", {"city": "Rome"}, "call_ours", vendor_id="theirs")
    here = Origin(provider, "model-1", "here")
    sent = {}
    for origin in (here, here._replace(deployment="there")):
        transcript = asked().answer([call], origin).closed()
        sent[origin] = str(ADAPTERS[provider, api].request(question(provider, api, transcript)).body)
    assert "theirs" in sent[here]
    assert "theirs" not in sent[here._replace(deployment="there")]


def test_a_tool_that_is_offered_no_more_keeps_its_place_in_the_conversation():
    transcript = asked().answer([Call("gone/away", {})]).closed()
    for provider, api in EVERY:
        wire = ADAPTERS[provider, api].request(replace(question(provider, api), transcript=transcript))
        assert "gone/away" not in str(wire.body) and "gone_away" in str(wire.body)


@pytest.mark.parametrize(
    ("effort", "known", "sent"),
    [
        ("medium", ("low", "high"), "low"),
        ("max", ("low", "high"), "high"),
        ("none", ("minimal", "high"), "minimal"),
        ("hard", ("low", "high"), "low"),
    ],
)
def test_the_nearest_effort_is_the_lower_of_two(effort, known, sent):
    assert nearest(effort, known) == sent


def test_every_model_of_the_tests_has_an_adapter():
    assert {(provider, api) for provider, api, *_ in MODELS.values()} <= ADAPTERS.keys()
