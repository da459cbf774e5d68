"""What a rule says about a tally, and where that takes it. Pure: no I/O, the time comes in.

Evaluation, preview and rehearsal all decide by these two functions.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from telemetry.alerts.kinds import load_kind
from telemetry.alerts.models import Judgement, Rule, State
from telemetry.tally import Tally, wilson

# An incident without enough calls stays open: silence is no proof of recovery. After this long it is closed
# all the same, and says that nobody knows.
NO_EVIDENCE_CLOSES_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One look at a window. *recovered* is stricter than OK: at or above the recovery threshold."""

    judgement: Judgement
    good: int
    total: int
    recovered: bool = False

    @property
    def value(self) -> float | None:
        return self.good / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the value."""
        return wilson(self.good, self.total)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rule stands for one tool."""

    state: State
    since: datetime
    unrecovered_at: datetime
    evidence_at: datetime

    @classmethod
    def at_rest(cls, now: datetime) -> "Standing":
        return cls(State.INACTIVE, since=now, unrecovered_at=now, evidence_at=now)


def verdict(rule: Rule, tally: Tally) -> Verdict:
    """What *rule* says about the calls of one window."""
    good, total = load_kind(rule.kind).measure(tally)
    return judge(rule, good, total)


def judge(rule: Rule, good: int, total: int) -> Verdict:
    """The verdict on *good* of *total* calls."""
    if total < max(1, rule.minimum_calls):
        return Verdict(Judgement.INSUFFICIENT, good, total)
    value = good / total
    # With the confidence test it is not enough that the share happens to be low: chance must not explain it.
    breached = value < rule.threshold and (not rule.confident or wilson(good, total)[1] < rule.threshold)
    judgement = Judgement.BREACH if breached else Judgement.OK
    recovered = judgement is Judgement.OK and value >= rule.recovery_threshold
    return Verdict(judgement, good, total, recovered)


def next_state(rule: Rule, before: Standing, seen: Verdict, now: datetime) -> Standing:
    """Where *rule* stands after *seen*; the same state and since if nothing changed."""
    standing = replace(
        before,
        unrecovered_at=before.unrecovered_at if seen.recovered else now,
        evidence_at=before.evidence_at if seen.judgement is Judgement.INSUFFICIENT else now,
    )
    if before.state == State.FIRING:
        over = has_recovered(rule, standing, seen, now) or has_gone_quiet(standing, now)
        state = State.INACTIVE if over else State.FIRING
    elif seen.judgement is not Judgement.BREACH:
        state = State.INACTIVE  # the breach has to hold at every look
    else:
        began = before.since if before.state == State.PENDING else now
        state = State.FIRING if now - began >= timedelta(seconds=rule.for_s) else State.PENDING
    return standing if state == before.state else replace(standing, state=state, since=now)


def has_recovered(rule: Rule, standing: Standing, seen: Verdict, now: datetime) -> bool:
    return seen.recovered and now - standing.unrecovered_at >= timedelta(seconds=rule.keep_firing_for_s)


def has_gone_quiet(standing: Standing, now: datetime) -> bool:
    """Whether there has been nothing to judge by for so long that the incident is closed without proof."""
    return now - standing.evidence_at >= NO_EVIDENCE_CLOSES_AFTER
