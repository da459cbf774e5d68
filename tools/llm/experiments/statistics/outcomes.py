"""What is given: the outcome of each unit, and the strata in which units were assigned with fixed weights."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# Spans are stored a moment after the call; a unit is read once more when its window is surely over.
SETTLES = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class UnitOutcome:
    """What came of one unit (a conversation or a user) since its exposure. A unit counts once, however many calls.

    ``first_try`` are its calls that succeeded at the first try, ``latency_ms`` is the mean of those that ran,
    ``feedback`` the mean of what its user said, from 0 to 1. None where nothing was measured. ``flags`` say what
    is odd about it (mixed, late, failed over); such a unit stays in its arm all the same. Until ``as_of`` its
    calls were read, None is until now.
    """

    arm: str
    stratum: int  # the step of the ramp in which it was assigned
    at: datetime  # of its first exposure
    successes: int = 0
    calls: int = 0
    first_try: int = 0
    cost_usd: float | None = None
    latency_ms: float | None = None
    feedback: float | None = None
    flags: frozenset[str] = frozenset()
    as_of: datetime | None = None

    def is_settled(self, now: datetime, window: timedelta) -> bool:
        """Whether its *window* is over and what happened in it was read."""
        return self.at + window <= (now if self.as_of is None else min(now, self.as_of))


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stretch of a run in which weights did not change: a step of the ramp. ``weights`` may have any sum."""

    number: int
    weights: Mapping[str, float]

    def share(self, control: str, arm: str) -> float:
        """The chance of *arm* for a unit that got one of the two. 0 or 1 where only one of them was given out."""
        both = self.weights.get(control, 0.0) + self.weights.get(arm, 0.0)
        return self.weights.get(arm, 0.0) / both if both > 0 else 0.0


def settled(units: Iterable[UnitOutcome], now: datetime, window: timedelta) -> Iterator[UnitOutcome]:
    """Those of *units* whose outcome cannot change any more: exposed *window* ago or earlier, and read since.

    What is valid at any moment holds for values that stay as they were when they were looked at. So a unit counts
    when its window is over, with what happened inside it, and not before.
    """
    return (unit for unit in units if unit.is_settled(now, window))
