"""What a policy would have come to: inverse propensity, and doubly robust, with what they rest on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tools.selection.replay.bounds import interval
from tools.selection.replay.walk import Step
from tools.selection.reward import BEST, WORST

# Fewer effective decisions than this tell nothing that one could act on.
LEAST_EFFECTIVE = 100
MOST_UNKNOWN = 0.2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean reward a decision, and its 95 % interval; None where there is none that holds."""

    value: float
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """``refusal`` says why nothing can be said, in one sentence; '' where it can."""

    n: int
    effective: float
    logged: float = 0.0  # the mean reward of the same decisions, as they were made
    ips: Estimate | None = None
    snips: Estimate | None = None
    doubly_robust: Estimate | None = None
    gain: Estimate | None = None  # doubly robust, less what was logged
    most_weight: float = 0.0
    refusal: str = ""


def replayed(steps: Sequence[Step], unknown: int = 0) -> Replayed:
    """The estimates of the policy that *steps* were walked with; *unknown* more have no reward."""
    effective = effective_size([step.weight for step in steps])
    if refusal := refused(steps, effective, unknown):
        return Replayed(n=len(steps), effective=effective, refusal=refusal)
    most = max(most_weight(step) for step in steps)
    inverse = [step.weight * step.reward for step in steps]
    robust = doubly_robust(steps)
    gains = [value - step.reward for value, step in zip(robust, steps, strict=True)]
    widest = BEST + (BEST - WORST) * most
    total = sum(step.weight for step in steps)
    return Replayed(
        n=len(steps),
        effective=effective,
        logged=mean([step.reward for step in steps]),
        ips=Estimate(mean(inverse), within(interval(inverse, WORST * most, BEST * most))),
        snips=Estimate(sum(inverse) / total),
        doubly_robust=Estimate(mean(robust), within(interval(robust, -widest, widest))),
        gain=Estimate(mean(gains), within(interval(gains, -widest - BEST, widest + BEST), 2 * WORST, 2 * BEST)),
        most_weight=most,
    )


def refused(steps: Sequence[Step], effective: float, unknown: int) -> str:
    """Why nothing can be said."""
    if not steps:
        return "No decision with a known reward was made among these members in this time."
    of = unknown + len(steps)
    if unknown > MOST_UNKNOWN * of:
        return f"{unknown} of {of} decisions were never told of: the others may be of another kind."
    missing = {name for step in steps for name, share in step.wanted.items() if is_missing(step, name, share)}
    if missing:
        return (
            f"In decisions of the log {', '.join(sorted(missing))} could not be chosen, though this policy might "
            "have: what that would have come to is not in it."
        )
    if effective < LEAST_EFFECTIVE:
        return (
            f"{len(steps)} decisions weigh as much as {effective:.0f} of this policy's own: "
            f"{LEAST_EFFECTIVE} are needed. Take a longer time, or a policy nearer to the one that decided."
        )
    return ""


def is_missing(step: Step, name: str, share: float) -> bool:
    return share > 0 and step.logged.probabilities.get(name, 0.0) <= 0


def effective_size(weights: Sequence[float]) -> float:
    """How many decisions of the policy's own would say as much (Kish)."""
    squares = sum(weight * weight for weight in weights)
    return sum(weights) ** 2 / squares if squares else 0.0


def most_weight(step: Step) -> float:
    """The greatest weight that any outcome of this decision could have had."""
    shares = step.logged.probabilities
    return max(share / shares[name] for name, share in step.wanted.items() if share > 0)


def doubly_robust(steps: Sequence[Step]) -> list[float]:
    """For each decision what the policy is expected to get, mended by how far the log was from that.

    What is expected of a member is its mean in the decisions before: a reward that mended itself would deceive,
    and the interval wants values that nothing of the future goes into.
    """
    sums: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    values = []
    for step in steps:
        # As if each had come to 0.5 once.
        expected = {name: (sums[name] + 0.5) / (counts[name] + 1) for name in step.wanted}
        direct = sum(share * expected[name] for name, share in step.wanted.items())
        member = step.logged.member
        values.append(direct + step.weight * (step.reward - expected[member]))
        sums[member] += step.reward
        counts[member] += 1
    return values


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def within(bounds: tuple[float, float], low: float = WORST, high: float = BEST) -> tuple[float, float]:
    return (max(low, bounds[0]), min(high, bounds[1]))
