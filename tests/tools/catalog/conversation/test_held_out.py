"""How often the classifier is right, and how far its confidence can be believed, on conversations that it
has never seen: ``held_out.txt``, written by hand. ``pytest -s`` prints the tables of the docs."""

from pathlib import Path

import numpy as np
import pytest

from tools.catalog.conversation.models import Stage, UtteranceExample
from tools.catalog.conversation.stage_classifier import stage_classifier

pytestmark = pytest.mark.usefixtures("examples")
HELD_OUT = Path(__file__).with_name("held_out.txt")


def conversations():
    """Pairs of stage and transcript."""
    stage = ""
    for block in HELD_OUT.read_text(encoding="utf-8").strip().split("\n\n"):
        heading, _, rest = block.partition("\n") if block.startswith("## ") else ("", "", block)
        stage = heading[3:] or stage
        yield stage, rest


@pytest.fixture
def readings(examples):
    return [(stage, stage_classifier(transcript)) for stage, transcript in conversations()]


@pytest.fixture
def matrix(readings):
    """Rows: the true stage; columns: the stage read."""
    counts = np.zeros((8, 8), dtype=int)
    for stage, reading in readings:
        counts[Stage.values.index(stage), Stage.values.index(reading.stage)] += 1
    for stage, row in zip(Stage.values, counts, strict=True):
        print(f"| {stage} | {' | '.join(map(str, row))} |")
    return counts


def test_held_out_set_is_large_balanced_and_unseen():
    stages = [stage for stage, _ in conversations()]
    assert len(stages) >= 80
    assert {stages.count(stage) for stage in Stage.values} == {12}
    transcripts = "\n".join(transcript for _, transcript in conversations())
    assert [text for text in UtteranceExample.objects.values_list("text", flat=True) if text in transcripts] == []


def test_accuracy_and_macro_f1(matrix):
    right = np.diag(matrix)
    f1 = 2 * right / (matrix.sum(axis=0) + matrix.sum(axis=1))
    print(f"accuracy {right.sum() / matrix.sum():.3f}, macro-F1 {f1.mean():.3f}, worst stage {f1.min():.3f}")
    assert right.sum() / matrix.sum() >= 0.85
    assert f1.mean() >= 0.85
    assert f1.min() >= 0.7


def test_confidence_can_be_believed(readings):
    confidence = np.array([reading.confidence for _, reading in readings])
    right = np.array([reading.stage == stage for stage, reading in readings])
    truth = [[stage == name for name in Stage.values] for stage, _ in readings]
    told = [[reading.probabilities[name] for name in Stage.values] for _, reading in readings]
    brier = ((np.array(told) - np.array(truth)) ** 2).sum(axis=1).mean()
    error = 0.0
    for least, most in [(0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.99), (0.99, 1.01)]:
        here = (confidence >= least) & (confidence < most)
        assert here.any()
        error += here.mean() * abs(confidence[here].mean() - right[here].mean())
        print(f"| {least}–{most} | {here.sum()} | {confidence[here].mean():.2f} | {right[here].mean():.2f} |")
    print(f"Brier {brier:.3f}, expected calibration error {error:.3f}")
    assert brier <= 0.2
    assert error <= 0.1


def test_what_it_calls_certain_is_right_more_often(readings):
    certain = [reading.stage == stage for stage, reading in readings if reading.certain]
    unsure = [reading.stage == stage for stage, reading in readings if not reading.certain]
    print(f"certain: {len(certain)}, right {np.mean(certain):.3f}")
    print(f"unsure: {len(unsure)}, right {np.mean(unsure):.3f}")
    assert np.mean(certain) >= 0.9
    assert np.mean(certain) > np.mean(unsure)
