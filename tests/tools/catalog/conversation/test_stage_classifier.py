import json

import pytest

from tools.catalog.conversation.models import StageCue, UtteranceExample
from tools.catalog.conversation.seed import seed
from tools.catalog.conversation.stage_classifier import stage_classifier
from tools.definition.schema import jsonable
from tools.errors import InvalidArguments, ReturnedFailure

pytestmark = pytest.mark.usefixtures("examples")
TRANSCRIPT = """Rep: Shall I send you the contract?
Buyer: Yes, I am ready to sign. Our board approved it."""
TURNS = [
    {"speaker": "Rep", "text": "Shall I send you the contract?"},
    {"speaker": "Buyer", "text": "Yes, I am ready to sign. Our board approved it."},
]


def read(conversation):
    """Call the tool as a model would: JSON in, JSON out."""
    return jsonable(stage_classifier(**stage_classifier.schema.validate({"conversation": conversation})))


def test_transcript_and_turns_give_the_same_answer():
    assert read(TRANSCRIPT) == read(TURNS)


def test_turns_sent_as_json_text_are_turns():
    assert read(json.dumps(TURNS)) == read(TURNS)


def test_answer_has_stage_confidence_runner_up_and_evidence():
    found = read(TRANSCRIPT)
    assert (found["stage"], found["certain"], found["turns_read"]) == ("closing", True, 2)
    assert found["confidence"] > found["runner_up"]["confidence"]
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=0.005)


def test_evidence_quotes_the_turn_that_it_names():
    for evidence in read(TRANSCRIPT)["evidence"]:
        turn = TURNS[evidence["turn"] - 1]
        assert evidence["quote"] in turn["text"]
        assert evidence["speaker"] == turn["speaker"]
    assert "sign" in [cue for evidence in read(TRANSCRIPT)["evidence"] for cue in evidence["cues"]]


@pytest.mark.parametrize("text", ["xq zzt brrl", "Hm.", "Yes. Okay. Right."])
def test_what_says_nothing_is_read_without_certainty(text):
    found = read(text)
    assert not found["certain"]
    assert found["runner_up"]["stage"] != found["stage"]


def test_call_makes_two_queries_and_four_when_examples_changed(django_assert_num_queries):
    read(TRANSCRIPT)
    with django_assert_num_queries(2):  # the versions of examples and of cues
        read(TRANSCRIPT)
    StageCue.objects.create(stage="closing", phrase="board approved")
    with django_assert_num_queries(4):
        found = read(TRANSCRIPT)
    assert "board approved" in [cue for evidence in found["evidence"] for cue in evidence["cues"]]


def test_deleted_and_inactive_examples_are_unlearnt():
    before = read(TRANSCRIPT)["probabilities"]["closing"]
    UtteranceExample.objects.filter(stage="closing", text__contains="sign").delete()
    after_deletion = read(TRANSCRIPT)["probabilities"]["closing"]
    assert after_deletion < before
    for example in UtteranceExample.objects.filter(stage="closing"):
        example.active = False
        example.save()
    assert "closing" not in read(TRANSCRIPT)["probabilities"]


def test_without_examples_the_failure_says_what_to_do():
    UtteranceExample.objects.all().delete()
    with pytest.raises(ReturnedFailure) as raised:
        read(TRANSCRIPT)
    assert raised.value.code == "not_trained"


def test_conversation_without_words_is_a_failure():
    with pytest.raises(ReturnedFailure) as raised:
        read("... 123 !!!")
    assert raised.value.code == "nothing_to_read"


@pytest.mark.parametrize("conversation", ["", [], [{"text": ""}], [{"who": "Rep", "text": "Hi"}], 7])
def test_nonsense_is_refused_before_the_tool_runs(conversation):
    with pytest.raises(InvalidArguments):
        stage_classifier.schema.validate({"conversation": conversation})


def test_every_parameter_is_described_to_the_model():
    properties = stage_classifier.schema.parameters["properties"]
    assert [name for name, schema in properties.items() if not schema.get("description")] == []


def test_there_are_fifteen_examples_for_each_stage_and_seeding_twice_changes_nothing():
    before = list(UtteranceExample.objects.values_list("stage", flat=True))
    assert min(before.count(stage) for stage in set(before)) >= 15
    seed()
    assert UtteranceExample.objects.count() == len(before)
