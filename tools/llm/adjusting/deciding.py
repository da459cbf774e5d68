"""Down the ladder of a prompt when calls go wrong, and up again by probes. Pure.

A round is one answer of a model that called tools: right where it called each as the tool wants it. Counted are
those of the last five minutes at one rung.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tools.llm.prompts.families import Rung
from tools.state.base import HEALTH_MINUTES, RunCounts

# Down: so many rounds went wrong. Few rounds have to be clearer than many.
FEW, FEW_WRONG = 5, 0.5
MANY, MANY_WRONG = 20, 0.3
# Up: so many probes, and no more of them wrong than this. Between it and what leads down nothing moves.
PROBES, PROBES_WRONG = 5, 0.1
# What ends the probes: so many that went wrong, and at least the share that leads down from many rounds.
PROBES_FAILED = 3
PROBED_SHARE = 0.2
# After a move down nothing is probed for so long, then longer each time that probes fail.
PATIENCE_S, MOST_PATIENCE_S = 900.0, 14_400.0
# Too few asked for probes to say anything: after so many times the patience the whole prompt has its chance.
GIVEN_UP = 4
NONE_YET = RunCounts()


@dataclass(frozen=True, slots=True)
class Standing:
    """The rung that holds, since when (seconds since 1970), and how long nothing above it is tried.

    ``came_up``: the last move was one up.
    """

    rung: Rung = Rung.DETAILED
    since: float = 0.0
    patience_s: float = PATIENCE_S
    came_up: bool = False

    def is_probing(self, now: float) -> bool:
        """Whether some rounds are to be asked one rung higher."""
        return self.rung is not Rung.DETAILED and now - self.since >= self.patience_s

    @property
    def above(self) -> Rung:
        rungs = list(Rung)
        return rungs[max(0, rungs.index(self.rung) - 1)]


AT_THE_TOP = Standing()


@dataclass(frozen=True, slots=True)
class Move:
    """What follows: the standing from now on, and why, in words for people."""

    to: Standing
    reason: str


def decide(standing: Standing, counts: Mapping[Rung, RunCounts], lower: Rung | None, now: float) -> Move | None:
    """What follows from the last minutes' *counts*; *lower* is the next rung that says something else."""
    here = counts.get(standing.rung, NONE_YET)
    if lower is not None and is_bad(here):
        return Move(
            Standing(lower, now, next_patience(standing, now)), f"{in_words(here)} at {standing.rung.value}"
        )
    if not standing.is_probing(now):
        return None
    probes = counts.get(standing.above, NONE_YET)
    if wrong(probes) >= PROBES_FAILED and wrong(probes) >= MANY_WRONG * probes.total:
        longer = min(2 * standing.patience_s, MOST_PATIENCE_S)
        reason = f"{in_words(probes)} when {standing.above.value} was tried"
        return Move(replace(standing, since=now, patience_s=longer), reason)
    if probes.total >= PROBES and wrong(probes) <= PROBES_WRONG * probes.total:
        reason = f"{in_words(probes)} when {standing.above.value} was tried"
        return Move(Standing(standing.above, now, standing.patience_s, came_up=True), reason)
    if now - standing.since >= GIVEN_UP * standing.patience_s:
        tried = Standing(standing.above, now, standing.patience_s, came_up=True)
        return Move(tried, "too few rounds to tell: it is tried anew")
    return None


def is_bad(counts: RunCounts) -> bool:
    """Whether so many rounds of *counts* went wrong that simpler words are to be used."""
    share = wrong(counts) / counts.total if counts.total else 0.0
    return (counts.total >= FEW and share >= FEW_WRONG) or (counts.total >= MANY and share >= MANY_WRONG)


def next_patience(standing: Standing, now: float) -> float:
    """Twice as long where the last move was up, and not long ago: the same would happen again and again."""
    again = standing.came_up and now - standing.since < standing.patience_s
    return min(2 * standing.patience_s, MOST_PATIENCE_S) if again else PATIENCE_S


def wrong(counts: RunCounts) -> int:
    return counts.total - counts.succeeded


def in_words(counts: RunCounts) -> str:
    rounds = "round" if counts.total == 1 else "rounds"
    return f"{wrong(counts)} of {counts.total} {rounds} in {HEALTH_MINUTES} min called wrongly"
