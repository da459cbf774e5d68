"""What the classifier sees of a sentence: its meaning as an embedding, its words, its question mark."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tools.process.embedding import vectors

Matrix = NDArray[np.float64]

WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")
# How much words and question marks count beside the embedding, which has length one. Chosen by
# leave-one-out error on the examples.
WORDS_SHARE = 0.7
QUESTION_SHARE = 0.2


def words_of(text: str) -> set[str]:
    """Its words and pairs of neighbouring words, in small letters; ``^`` is the beginning, ``$`` the end."""
    words = WORD.findall(text.lower().replace("’", "'"))
    bounded = ["^", *words, "$"]
    return {*words, *(f"{left} {right}" for left, right in pairwise(bounded))}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that occur in at least two examples, each with its place and its weight (the rarer the more)."""

    places: dict[str, int]
    weights: Matrix

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        counts = Counter(word for text in texts for word in words_of(text))
        kept = sorted(word for word, count in counts.items() if count >= 2)
        weights = np.array([np.log(len(texts) / counts[word]) for word in kept])
        return cls({word: place for place, word in enumerate(kept)}, weights)

    def features(self, texts: Sequence[str]) -> Matrix:
        """One row for each text."""
        embedded = vectors(texts).astype(np.float64)
        questions = np.array([[QUESTION_SHARE * ("?" in text)] for text in texts])
        constant = np.ones((len(texts), 1))
        return np.hstack([embedded, WORDS_SHARE * self._words(texts), questions, constant])

    def _words(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), len(self.places)))
        for row, text in zip(rows, texts, strict=True):
            known = [self.places[word] for word in words_of(text) if word in self.places]
            row[known] = self.weights[known]
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        scaled: Matrix = np.divide(rows, lengths, out=rows, where=lengths > 0)
        return scaled
