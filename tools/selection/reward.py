"""What a decision was worth. Pure."""

from dataclasses import dataclass

from tools.errors import InvalidArguments
from tools.selection.group import Weights

WORST, BEST = -1.0, 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """How what was chosen went. Raises InvalidArguments for what cannot be."""

    success: bool
    latency_ms: float | None = None
    cost_usd: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.success, bool):
            raise InvalidArguments("success says whether it worked: give true or false.")
        for name in ("latency_ms", "cost_usd"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and 0 <= value < 1e9):
                raise InvalidArguments(f"{name} is no amount: give a number from 0 on, or leave it out.")


def reward(told: Told, weights: Weights) -> float:
    """Success less what it took, between -1 and 1; what was not told takes nothing."""
    worth = float(told.success)
    worth -= weights.latency_per_s * (told.latency_ms or 0.0) / 1000
    worth -= weights.cost_per_usd * (told.cost_usd or 0.0)
    return min(BEST, max(WORST, worth))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
