"""What a tally means in a word: the state of a tool, of a call and of the whole. Pure."""

from dataclasses import dataclass

from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import FAILED, Outcome

GOAL = 0.90
# A tool is only called healthy with some room above the goal, or when the interval is clear of it.
COMFORT = 0.95
ENOUGH_CALLS = 20
# Fewer may condemn, where even their interval lies below the goal, but never fewer than these.
CONDEMNING_CALLS = 10


@dataclass(frozen=True, slots=True)
class State:
    """A word with its tone; the tone gives colour and shape (``good warn bad unsure``)."""

    word: str
    tone: str


HEALTHY = State("healthy", "good")
AT_RISK = State("at risk", "warn")
DEGRADED = State("degraded", "bad")
TOO_FEW = State("too few calls", "unsure")
NO_CALLS = State("no calls", "unsure")
ALL_REFUSED = State("all refused", "unsure")
UNJUDGED = (TOO_FEW, NO_CALLS, ALL_REFUSED)
RECOVERED = State("recovered", "good")
OFF = State("switched off", "unsure")

OUTCOME_STATES: dict[str, State] = {
    Outcome.FIRST_TRY: State("first try", "good"),
    Outcome.AFTER_RETRY: State("after retry", "good"),
    Outcome.AFTER_FALLBACK: State("after fallback", "good"),
    Outcome.FROM_CACHE: State("cached", "good"),
    Outcome.AUTHORIZATION: State("not allowed", "warn"),
    Outcome.RATE_LIMIT: State("rate limited", "warn"),
    Outcome.ARGUMENTS: State("bad arguments", "bad"),
    Outcome.BREAKER: State("breaker open", "bad"),
    Outcome.TIMEOUT: State("timeout", "bad"),
    Outcome.PROVIDER: State("provider error", "bad"),
    Outcome.RETURNED_FAILURE: State("returned failure", "bad"),
    Outcome.TOOL_BUG: State("tool bug", "bad"),
}
# The order of a ladder, best first; refusals stand apart.
RUNGS: tuple[tuple[str, str, tuple[Outcome, ...]], ...] = (
    ("first", "first try", (Outcome.FIRST_TRY,)),
    ("retry", "after retry", (Outcome.AFTER_RETRY,)),
    ("fallback", "after fallback", (Outcome.AFTER_FALLBACK,)),
    ("cache", "cached", (Outcome.FROM_CACHE,)),
    ("failed", "failed", FAILED),
    ("refused", "refused", (Outcome.AUTHORIZATION, Outcome.RATE_LIMIT)),
)


def state_of(tally: Tally) -> State:
    """What these calls alone come to. Significance first: few calls can condemn, but not acquit."""
    if not tally.judged:
        return ALL_REFUSED if tally.refused else NO_CALLS
    low, high = tally.interval
    rate = tally.succeeded / tally.judged
    if high < GOAL and tally.judged >= CONDEMNING_CALLS:
        return DEGRADED
    if tally.judged < ENOUGH_CALLS:
        return TOO_FEW
    return HEALTHY if low >= GOAL or rate >= COMFORT else AT_RISK


@dataclass(frozen=True, slots=True)
class Judged:
    """A state, and the calls that it is read from: the last minutes' if *by_recent*, else the whole period's."""

    state: State
    by_recent: bool


def judged_now(recent: Tally, whole: Tally) -> Judged:
    """The state now. The last minutes can condemn; else the whole period, of more calls, is the steadier word."""
    now, before = state_of(recent), state_of(whole)
    if now is DEGRADED:
        return Judged(now, by_recent=True)
    if now in UNJUDGED:
        return Judged(before, by_recent=False)
    if (recent.success_rate or 0.0) < GOAL:
        return Judged(AT_RISK, by_recent=True)
    return Judged(RECOVERED, by_recent=True) if before is DEGRADED else Judged(before, by_recent=False)


def current_state(recent: Tally, whole: Tally) -> State:
    """The state of ``judged_now`` alone."""
    return judged_now(recent, whole).state


def outcome_state(outcome: str) -> State:
    """The state of one call; the bare word for an outcome that this version does not know."""
    return OUTCOME_STATES.get(outcome, State(outcome.replace("_", " ") or "not a call", "unsure"))


def rate_shown(tally: Tally) -> float | None:
    """The success rate, or None where the calls are too few to state one."""
    return None if state_of(tally) in UNJUDGED else tally.success_rate


def main_reason(tally: Tally) -> tuple[Outcome, float] | None:
    """The layer that failed most, and its share of the failures; None without failures.

    An open breaker only says that others failed before: it is named where nothing else failed.
    """
    causes = [outcome for outcome in FAILED if outcome is not Outcome.BREAKER and tally.counts.get(outcome)]
    if not causes:
        return (Outcome.BREAKER, 1.0) if tally.failed else None
    worst = max(causes, key=lambda outcome: tally.counts[outcome])
    return worst, tally.counts[worst] / tally.of(*causes)
