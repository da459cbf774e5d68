"""Which cases an optimiser learns from, by which it chooses, and which it never sees. Pure.

By a hash of what was asked, so that the same words are in the same part in every run, whoever said them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.optimising.cases import Recorded

# Of each part; with fewer a difference would say nothing.
LEAST = 8
# Of 100 cases, so many are for training and so many for validation; the others are held out.
TRAINING, VALIDATION = 50, 20
MOST_TRAINING = 100


@dataclass(frozen=True, slots=True)
class Parts:
    training: Sequence[Recorded]
    validation: Sequence[Recorded]
    held_out: Sequence[Recorded]

    NAMES: ClassVar = ("training", "validation", "held out")

    @property
    def sizes(self) -> dict[str, int]:
        return dict(zip(self.NAMES, map(len, (self.training, self.validation, self.held_out)), strict=True))


def split(cases: Sequence[Recorded], calls: int) -> Parts:
    """The newest of each part, as many as *calls* suffice for. Raises EvolutionError where there are too few."""
    training, validation, held_out = list[Recorded](), list[Recorded](), list[Recorded]()
    for case in cases:
        place = place_of(case.words)
        part = training if place < TRAINING else validation if place < TRAINING + VALIDATION else held_out
        part.append(case)
    # Each new text that looks better is asked all of the validation, and two texts all that was held out.
    most_validation, most_held_out = max(LEAST, calls // 10), max(LEAST, calls // 6)
    parts = Parts(training[-MOST_TRAINING:], validation[-most_validation:], held_out[-most_held_out:])
    if min(parts.sizes.values()) < LEAST:
        there = ", ".join(f"{number} {name}" for name, number in parts.sizes.items())
        raise EvolutionError(
            f"There are too few recorded cases: {LEAST} are needed in each part, and there are {there}. "
            "Wait for more calls."
        )
    return parts


def place_of(words: str) -> int:
    """Where in 0 to 99 *words* fall, however they are spaced and written large."""
    return int.from_bytes(sha256(" ".join(words.lower().split()).encode()).digest()[:8]) % 100
