import numpy as np
import pytest

from tools.catalog.conversation.classifier import StageModel, fit_sharpness, position_weights, softmax
from tools.catalog.conversation.transcript import read_transcript, split_sentences

EXAMPLES = [
    ("closing", "Please sign the contract."),
    ("closing", "I am ready to sign the order."),
    ("closing", "Send me the contract and I sign."),
    ("discovery", "What is the problem in your team?"),
    ("discovery", "How does that problem affect your team?"),
    ("discovery", "Tell me about the problem."),
]
CUES = [("closing", "sign"), ("discovery", "what's behind")]


@pytest.fixture(scope="module")
def model():
    return StageModel.learn(EXAMPLES, CUES)


def sentences(transcript):
    return split_sentences(read_transcript(transcript))


def test_probabilities_add_up_to_one_and_favour_the_right_stage(model):
    found = model.read(sentences("A: I will sign your contract today.")).probabilities
    assert sum(found.values()) == pytest.approx(1)
    assert found["closing"] > 0.7


def test_late_turns_weigh_more(model):
    one, other = "A: What is the problem in your team?", "B: Please sign the contract of your team."
    ends_closing = model.read(sentences(f"{one}\n{other}")).probabilities["closing"]
    ends_asking = model.read(sentences(f"{other}\n{one}")).probabilities["closing"]
    assert ends_closing > ends_asking


def test_short_answers_count_little():
    weights = position_weights(sentences("A: Yes.\nB: This sentence is eight words long, you see."))
    assert weights[1] == pytest.approx(10 * weights[0])


def test_weights_add_up_to_one_once_enough_is_said():
    long = "A: This sentence is eight words long, you see."
    assert position_weights(sentences("\n".join([long] * 5))).sum() == pytest.approx(1)
    assert position_weights(sentences(long)).sum() < 0.5


def test_contributions_of_sentences_explain_the_probabilities(model):
    read = model.read(sentences("A: Tell me about the problem.\nB: I sign."))
    assert softmax(read.contributions.sum(axis=0)) == pytest.approx(list(read.probabilities.values()))


def test_cue_raises_its_stage(model):
    without = StageModel.learn(EXAMPLES, [])
    text = sentences("A: Sign here?")
    closing = model.read(text).contributions[0][0] / model.sharpness
    assert closing > without.read(text).contributions[0][0] / without.sharpness


def test_cues_are_whole_words_with_either_apostrophe(model):
    assert model.cues_in("Please SIGN the assignment.", "closing") == ["SIGN"]
    assert model.cues_in("What’s behind it?", "discovery") == ["What’s behind"]


def test_same_examples_give_the_same_model(model):
    again = StageModel.learn(EXAMPLES, CUES)
    assert again.sharpness == model.sharpness
    assert np.array_equal(again.weights, model.weights)


def test_model_that_is_often_wrong_is_less_sharp():
    labels = np.repeat([0, 1], 50)
    right = np.eye(2)[labels]
    wrong_at_times = np.eye(2)[np.where(np.arange(100) % 5 < 2, 1 - labels, labels)]
    assert fit_sharpness(wrong_at_times, labels) < fit_sharpness(right, labels)


def test_unknown_signs_have_no_direction(model):
    found = model.read(sentences("A: 日本語 ☃")).probabilities
    assert all(np.isfinite(value) for value in found.values())
