"""Whether a text is better than what is live, on cases that nobody learned from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.llm.evaluation.statistics import sign_test
from tools.llm.evolution.optimising.scoring import Scored


@dataclass(frozen=True, slots=True)
class Weighed:
    """Of *cases* that both were asked, how many each had right; ``better`` only the new text, ``worse`` only the
    live one."""

    cases: int
    live: int
    new: int
    better: int
    worse: int

    @property
    def is_better(self) -> bool:
        return self.better > self.worse

    @property
    def p(self) -> float:
        """How likely so little worse is by chance (exact sign test, one-sided)."""
        return sign_test(self.worse, self.better)

    def as_json(self) -> dict[str, Any]:
        names = ("cases", "live", "new", "better", "worse")
        return {**{name: getattr(self, name) for name in names}, "p": round(self.p, 4)}

    def __str__(self) -> str:
        return (
            f"of {self.cases} held-out cases {self.new} right, and {self.live} with the live text "
            f"({self.better} better, {self.worse} worse, sign test p = {self.p:.3f})"
        )


def weighed(live: Sequence[Scored], new: Sequence[Scored]) -> Weighed:
    pairs = [(a.score, b.score) for a, b in zip(live, new, strict=True) if a.is_asked and b.is_asked]
    return Weighed(
        cases=len(pairs),
        live=sum(a == 1.0 for a, _ in pairs),
        new=sum(b == 1.0 for _, b in pairs),
        better=sum(b > a for a, b in pairs),
        worse=sum(a > b for a, b in pairs),
    )
