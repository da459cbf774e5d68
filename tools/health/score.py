"""How well something is in points of a hundred, and what took points from it: one shape for whatever is judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

WHOLE = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """What takes *points* away, in words."""

    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Score:
    """``points``: 100 is well, 0 of no use; None where it is off, or nothing is known of it."""

    points: int | None
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, found: Iterable[Reason | None]) -> "Score":
        """What the reasons that were *found* leave, the heaviest first."""
        reasons = tuple(sorted((reason for reason in found if reason), key=lambda reason: -reason.points))
        return cls(max(0, WHOLE - sum(reason.points for reason in reasons)), reasons)

    def as_dict(self) -> dict[str, Any]:
        return {
            "score": self.points,
            "reasons": [{"points": reason.points, "reason": reason.words} for reason in self.reasons],
        }
