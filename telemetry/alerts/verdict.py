"""What a rule says about the calls of a look, and where that takes it. Pure: no I/O, the time comes in.

Evaluation, preview and rehearsal all decide by these two functions.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from statistics import NormalDist

from telemetry.alerts.kinds import load_kind
from telemetry.alerts.models import Judgement, Rule, State
from telemetry.alerts.shares import Of, Share
from telemetry.alerts.windows import Windowed

# An incident without enough calls stays open: silence is no proof of recovery. After this long it is closed
# all the same, and says that nobody knows.
NO_EVIDENCE_CLOSES_AFTER = timedelta(hours=24)
# How often a healthy look may seem to be a breach by chance, at most: the one side of a 95 % interval. All shares
# that are looked at together share it, or more of them would mean more false alarms.
CHANCE = 0.025
# What a cache leaves of a well used tool's calls is enough to say that it works again from this part of the
# minimum on: it would take too long to wait for more.
RUNS_TO_RECOVER = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """One look. *shown* is the share that speaks for all, *breached* names those that are breached.

    *evident*: there is evidence of all that was broken before. *recovered*, and it shows that this is over.
    """

    judgement: Judgement
    shown: Share
    breached: tuple[str, ...] = ()
    evident: bool = False
    recovered: bool = False

    @property
    def total(self) -> int:
        return self.shown.total

    @property
    def value(self) -> float | None:
        return self.shown.value


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rule stands for one tool. *broken*: what was breached since it is pending or firing."""

    state: State
    since: datetime
    unrecovered_at: datetime
    evidence_at: datetime
    broken: tuple[str, ...] = ()

    @classmethod
    def at_rest(cls, now: datetime) -> "Standing":
        return cls(State.INACTIVE, since=now, unrecovered_at=now, evidence_at=now)


def verdict(rule: Rule, windowed: Windowed, broken: Collection[str] = ()) -> Verdict:
    """What *rule* says about the calls of one tool at one look, *broken* being what was breached before."""
    read = load_kind(rule.kind).shares
    shares = [share for late, calls in windowed.items() for share in read(calls, late)] or read({})
    return judge(rule, shares, broken)


def judge(rule: Rule, shares: Sequence[Share], broken: Collection[str] = ()) -> Verdict:
    """The verdict on *shares*."""
    least = max(1, rule.minimum_calls)
    # Few runs beside many answers of a cache say nothing of the tool: of both together, the arguments are left.
    enough = [told for share in shares if (told := share.counted_on(least))]
    if not enough:
        return Verdict(Judgement.INSUFFICIENT, speaking(shares, broken))
    z = z_of(len(enough))
    breached = [share for share in enough if is_breached(rule, share, z)]
    if breached:
        names = tuple(sorted({share.name for share in breached}))
        return Verdict(Judgement.BREACH, speaking(breached), names, evident=True)
    known = [evidence(rule, name, shares) for name in broken or (str(Of.CALLS),)]
    if broken and not all(known):
        return Verdict(Judgement.INSUFFICIENT, speaking(shares, broken))
    over = all(each and is_over(rule, each) for each in known)
    telling = [share for each in known for share in each] if broken else enough
    return Verdict(Judgement.OK, speaking(telling, broken), evident=all(known), recovered=over)


@cache
def z_of(looks: int) -> float:
    """The quantile of the normal distribution for each of *looks* shares, which share CHANCE (Bonferroni)."""
    return NormalDist().inv_cdf(1 - CHANCE / looks)


def is_breached(rule: Rule, share: Share, z: float) -> bool:
    """With the confidence test it is not enough that the share happens to be low: chance must not explain it."""
    value = share.value
    if value is None or value >= rule.threshold:
        return False
    return not rule.confident or share.interval(z)[1] < rule.threshold


def evidence(rule: Rule, name: str, shares: Sequence[Share]) -> list[Share]:
    """Those of *shares* that tell whether what was broken, *name*, is over, by what is counted on enough calls.

    Of a provider that is called no longer there are none; then those of all providers tell.
    """
    least = max(1, rule.minimum_calls)
    few = -(-least // RUNS_TO_RECOVER) if name in (Of.CALLS, Of.RUNS) else least
    well_used = {share.late for share in shares if share.name == Of.ARGUMENTS and share.total >= least}
    own = [(share, few if share.late in well_used else least) for share in shares if share.name == name]
    known = [told for share, enough in own if (told := share.counted_on(enough))]
    whole, _, provider = name.partition(":")
    return evidence(rule, whole, shares) if provider and not known else known


def is_over(rule: Rule, known: Sequence[Share]) -> bool:
    """Whether all of *known* are at or above the recovery threshold."""
    return all(share.value is not None and share.value >= rule.recovery_threshold for share in known)


def speaking(shares: Sequence[Share], broken: Collection[str] = ()) -> Share:
    """The share that is shown for all: one that was broken before any other, of now before late ones."""
    order = list(Of)
    return min(
        shares,
        key=lambda share: (
            bool(broken) and share.name not in broken,
            share.late is not None,
            bool(share.provider),
            order.index(share.of),
            share.value if share.value is not None else 1.0,
        ),
    )


def next_state(rule: Rule, before: Standing, seen: Verdict, now: datetime) -> Standing:
    """Where *rule* stands after *seen*; the same state and since if nothing changed."""
    standing = replace(
        before,
        unrecovered_at=before.unrecovered_at if seen.recovered else now,
        evidence_at=now if seen.evident else before.evidence_at,
        broken=tuple(sorted({*before.broken, *seen.breached})),
    )
    if before.state == State.FIRING:
        over = has_recovered(rule, standing, seen, now) or has_gone_quiet(standing, now)
        state = State.INACTIVE if over else State.FIRING
    elif seen.judgement is not Judgement.BREACH:
        state = State.INACTIVE  # the breach has to hold at every look
    else:
        began = before.since if before.state == State.PENDING else now
        state = State.FIRING if now - began >= timedelta(seconds=rule.for_s) else State.PENDING
    if state == State.INACTIVE:
        standing = replace(standing, broken=())
    return standing if state == before.state else replace(standing, state=state, since=now)


def has_recovered(rule: Rule, standing: Standing, seen: Verdict, now: datetime) -> bool:
    return seen.recovered and now - standing.unrecovered_at >= timedelta(seconds=rule.keep_firing_for_s)


def has_gone_quiet(standing: Standing, now: datetime) -> bool:
    """Whether there has been nothing to judge by for so long that the incident is closed without proof."""
    return now - standing.evidence_at >= NO_EVIDENCE_CLOSES_AFTER
