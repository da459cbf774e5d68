"""Learns stages from labelled utterances and reads them from conversations. No I/O, no randomness left open.

A sentence gets a score for each stage from a linear model (ridge regression on the features of
``features.py``) and from cues. A conversation's score is the mean of its sentences', later turns and longer
sentences weighing more; a softmax makes it a probability. How sharp that softmax is, is fitted on
conversations put together from examples, each scored by a model that has not seen it (leave one out).
Where less is said than in those, it is blunter in proportion.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tools.catalog.conversation.features import Matrix, Vocabulary
from tools.catalog.conversation.transcript import Sentence

RIDGE = 2.0  # the penalty with the smallest leave-one-out error on the shipped examples
CUE_BONUS = 0.1
CUES_COUNTED = 2
EARLIER_TURN_WEIGHT = 0.8  # of the turn after it
FULL_WEIGHT_WORDS = 8  # a sentence this long counts in full, "Yes." for an eighth
SHARPNESSES = np.linspace(1, 60, 119)
PRACTICE_CONVERSATIONS = 200  # for each stage
PRACTICE_WEIGHTS = EARLIER_TURN_WEIGHT ** np.arange(3)  # of their three sentences


@dataclass(frozen=True, slots=True)
class Scores:
    """Of a conversation: the probability of each stage, and what each sentence added for each stage."""

    probabilities: Mapping[str, float]
    contributions: Matrix  # a row for each sentence, a column for each stage


@dataclass(frozen=True, slots=True)
class StageModel:
    """What was learnt. Immutable, so threads may share it."""

    stages: tuple[str, ...]
    vocabulary: Vocabulary
    weights: Matrix
    cues: tuple[re.Pattern[str] | None, ...]
    sharpness: float

    @classmethod
    def learn(cls, examples: Sequence[tuple[str, str]], cues: Sequence[tuple[str, str]]) -> Self:
        """A model from ``(stage, text)`` and ``(stage, phrase)``. Needs examples of two stages at least."""
        stages = tuple(sorted({stage for stage, _ in examples}))
        texts = [text for _, text in examples]
        labels = np.array([stages.index(stage) for stage, _ in examples])
        vocabulary = Vocabulary.of(texts)
        features = vocabulary.features(texts)
        targets = np.eye(len(stages))[labels] - 1 / len(stages)
        inverse = np.linalg.inv(features @ features.T + RIDGE * np.eye(len(texts)))
        dual = inverse @ targets
        patterns = tuple(_any_of([phrase for of, phrase in cues if of == stage]) for stage in stages)
        # The score of each example under the model that was learnt without it, in closed form.
        unseen = targets - dual / np.diag(inverse)[:, None] + CUE_BONUS * _count_cues(patterns, texts)
        return cls(stages, vocabulary, features.T @ dual, patterns, fit_sharpness(unseen, labels))

    def read(self, sentences: Sequence[Sentence]) -> Scores:
        """The stages of a conversation. Needs one sentence at least."""
        texts = [sentence.text for sentence in sentences]
        scores = self.vocabulary.features(texts) @ self.weights + CUE_BONUS * _count_cues(self.cues, texts)
        shares = position_weights(sentences)[:, None] * scores
        probabilities = softmax(self.sharpness * shares.sum(axis=0))
        # What is the same for all stages decides nothing.
        contributions = self.sharpness * (shares - shares.mean(axis=1, keepdims=True))
        return Scores(dict(zip(self.stages, map(float, probabilities), strict=True)), contributions)

    def cues_in(self, text: str, stage: str) -> list[str]:
        """The telling phrases of *stage* as they stand in *text*."""
        pattern = self.cues[self.stages.index(stage)]
        return [found.group() for found in pattern.finditer(text)] if pattern else []


def position_weights(sentences: Sequence[Sentence]) -> Matrix:
    """How much each sentence counts; together one, less where less is said than in a practice conversation."""
    last = sentences[-1].turn.number
    late = np.array([EARLIER_TURN_WEIGHT ** (last - sentence.turn.number) for sentence in sentences])
    long = np.array([min(1.0, len(sentence.text.split()) / FULL_WEIGHT_WORDS) for sentence in sentences])
    weights: Matrix = late * long
    weights /= max(weights.sum(), PRACTICE_WEIGHTS.sum())
    return weights


def fit_sharpness(scores: Matrix, labels: NDArray[np.intp]) -> float:
    """The factor under which the softmax of practice conversations is most truthful (least log loss).

    A practice conversation is three scored examples of one stage. Drawn with a fixed seed: the same examples
    always give the same model.
    """
    random = np.random.default_rng(0)
    shares = PRACTICE_WEIGHTS / PRACTICE_WEIGHTS.sum()
    means, truths = [], []
    for stage in range(scores.shape[1]):
        picks = random.choice(np.flatnonzero(labels == stage), (PRACTICE_CONVERSATIONS, len(shares)))
        means.append(np.tensordot(scores[picks], shares, axes=(1, 0)))
        truths += [stage] * PRACTICE_CONVERSATIONS
    practice = np.concatenate(means)
    of_truth = (np.arange(len(truths)), truths)
    losses = [-np.log(softmax(sharpness * practice)[of_truth] + 1e-12).mean() for sharpness in SHARPNESSES]
    return float(SHARPNESSES[int(np.argmin(losses))])


def softmax(scores: Matrix) -> Matrix:
    """Probabilities along the last axis."""
    powers: Matrix = np.exp(scores - scores.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def _any_of(phrases: Sequence[str]) -> re.Pattern[str] | None:
    """Any of *phrases* as whole words, the longest first; an apostrophe may be typed either way."""
    if not phrases:
        return None
    longest_first = sorted(map(re.escape, phrases), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(longest_first)})\b".replace("'", "['’]"), re.IGNORECASE)


def _count_cues(patterns: Sequence[re.Pattern[str] | None], texts: Sequence[str]) -> Matrix:
    def count(pattern: re.Pattern[str] | None, text: str) -> int:
        return min(CUES_COUNTED, len({found.lower() for found in pattern.findall(text)})) if pattern else 0

    return np.array([[count(pattern, text) for pattern in patterns] for text in texts], dtype=np.float64)
