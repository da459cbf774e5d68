"""The whole judgement of a run."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import process_time

from tests.tools.llm.experiments.statistics.builders import START, unit
from tools.llm.experiments.judging import Standing, judge
from tools.llm.experiments.statistics.verdicts import Guard, Verdict


@dataclass(frozen=True)
class Arm:
    label: str
    weight: float = 1.0


@dataclass(frozen=True)
class Guardrail:
    metric: str
    margin: float


@dataclass(frozen=True)
class Step:
    minimum_units: int = 0
    minimum_hours: float = 0.0


@dataclass(frozen=True)
class Plan:
    arms: Sequence[Arm] = (Arm("now"), Arm("new"))
    metric: str = "success"
    margin: float = 0.01
    minimum_units: int = 400
    minimum_days: int = 7
    window_minutes: int = 60
    guardrails: Sequence[Guardrail] = (Guardrail("latency", 0.2),)
    ramp: Sequence[Step] = field(default=(Step(20, 24), Step(100, 24), Step()))


def traffic(rates, *, days=14, a_day=120, seed=1, stratum=2, slower=1.0, more=()):
    """Units of arms with such rates of success, each arm as likely as the next; the last is so much slower."""
    source, arms = random.Random(seed), list(rates)
    return [
        replace(
            unit(arm, int(source.random() < rates[arm]), 1, day=day, stratum=stratum),
            latency_ms=source.lognormvariate(6, 0.5) * (slower if arm == arms[-1] else 1),
        )
        for day in range(days)
        for arm in (*source.choices(arms, k=a_day), *more)
    ]


def standing(*, days=14, step=2, hours=48, has_ended=False):
    now = START + timedelta(days=days, hours=2)
    return Standing(now, START, step, now - timedelta(hours=hours), has_ended)


def told(judgement):
    return " ".join(judgement.reasons)


def test_a_better_arm_whose_guardrails_hold_may_be_promoted():
    said = judge(Plan(), standing(), traffic({"now": 0.85, "new": 0.95}))
    assert (said.winner, said.stop, said.next_step) == ("new", False, None)
    assert (said.arms[0].verdict, said.arms[0].guards[0].word) == (Verdict.BETTER, Guard.HOLDS)
    assert "new is better than now. Success of tool calls: 9" in told(said)
    assert "new may be promoted: it is better, its guardrails hold, and the minimum run is over." in said.reasons


def test_nothing_is_promoted_before_the_minimum_run_is_over():
    said = judge(Plan(), standing(days=6), traffic({"now": 0.8, "new": 0.97}, days=6))
    assert said.arms[0].verdict is Verdict.BETTER
    assert said.winner is None
    assert "new is not promoted before the minimum run is over: 6 of 7 days" in told(said)


def test_nothing_is_promoted_while_nobody_can_tell_of_a_guardrail():
    plan = Plan(guardrails=(Guardrail("latency", 0.2), Guardrail("feedback", 0.02)))
    said = judge(plan, standing(), traffic({"now": 0.85, "new": 0.95}))
    assert said.winner is None
    assert "Nobody can tell yet whether new is worse than now by more than 2.0 points. Feedback: " in told(said)


def test_a_broken_guardrail_stops_at_once_and_keeps_the_ramp_where_it_is():
    units = traffic({"now": 0.85, "new": 0.95}, days=3, slower=2.0, stratum=1)
    said = judge(Plan(), standing(days=3, step=1), units)
    assert (said.stop, said.winner, said.next_step) == (True, None, None)
    assert said.reasons[0].startswith(
        "The guardrail is broken: new is worse than now by more than 20.0 %. Latency: "
    )
    assert "The ramp stays where it is, for the reasons above." in said.reasons


def test_units_that_came_otherwise_than_planned_leave_nothing_to_read():
    said = judge(Plan(), standing(), traffic({"now": 0.8, "new": 0.97}, more=("now",) * 30))
    assert (said.winner, said.stop) == (None, False)
    assert said.split.exposed.is_found
    assert said.reasons[0].startswith("Units came otherwise than the weights say (now ")
    assert "Nothing is decided by these figures, for the reasons above." in said.reasons
    assert "is better than" not in told(said) and len(said.reasons) == 2


def test_an_arm_whose_units_make_no_calls_is_no_winner():
    """It is sent to as many, and a third of them no longer call anything: what is left is another kind of unit."""
    units = [
        replace(each, calls=0, successes=0) if each.arm == "new" and n % 3 == 0 else each
        for n, each in enumerate(traffic({"now": 0.85, "new": 0.97}))
    ]
    said = judge(Plan(), standing(), units)
    assert not said.split.exposed.is_found
    assert said.winner is None
    assert said.reasons[0].startswith("Units that count in the metric came otherwise than the weights say")


def test_a_dimension_in_which_units_came_otherwise_is_named():
    places = (
        [("groq", 2, "now")] * 90 + [("groq", 2, "new")] * 30 + [("openai", 2, "now"), ("openai", 2, "new")] * 50
    )
    said = judge(Plan(), standing(), traffic({"now": 0.9, "new": 0.9}), {"provider": places})
    assert said.reasons[0].startswith("Units of provider groq came otherwise")
    assert said.split.dimensions["provider"]["openai"].is_found is False


def test_a_step_of_the_ramp_comes_after_its_units_and_its_hours():
    units = traffic({"now": 0.9, "new": 0.9}, days=1, a_day=25, stratum=0)
    assert judge(Plan(), standing(days=1, step=0), units).next_step == 1
    assert judge(Plan(), standing(days=1, step=0, has_ended=True), units).next_step is None
    early = judge(Plan(), standing(days=1, step=0, hours=5), units)
    assert early.next_step is None
    assert "Step 1 of the ramp goes on: 25 of at least 20 units came, in 5 of at least 24 h." in early.reasons
    assert judge(Plan(), standing(days=1, step=0), units[:19]).next_step is None


def test_units_whose_window_is_not_over_do_not_count():
    units = traffic({"now": 0.9, "new": 0.9}, days=2)
    said = judge(Plan(), Standing(START + timedelta(days=1, minutes=30), START, 2, START), units)
    assert said.arms[0].estimate.control_units + said.arms[0].estimate.arm_units == 120
    assert sum(said.split.exposed.units.values()) == 240


def test_three_arms_share_what_may_be_wrong_and_the_best_may_win():
    plan = Plan((Arm("now"), Arm("short"), Arm("long")), guardrails=())
    said = judge(plan, standing(days=21), traffic({"now": 0.8, "short": 0.9, "long": 0.97}, days=21))
    assert [arm.estimate.alpha for arm in said.arms] == [0.025, 0.025]
    assert said.winner == "long"


def test_a_run_that_ended_with_nothing_told_has_used_up_its_budget():
    said = judge(Plan(), standing(days=3, has_ended=True), traffic({"now": 0.9, "new": 0.91}, days=3))
    assert said.arms[0].verdict is Verdict.USED_UP
    assert said.reasons[0].startswith("The run has ended, and nothing can be told of new. Success of tool calls: ")


def test_odd_units_are_counted_by_arm_and_stay():
    units = traffic({"now": 0.9, "new": 0.9})
    odd = [replace(each, flags=frozenset({"late", "mixed"})) if n < 10 else each for n, each in enumerate(units)]
    said = judge(Plan(), standing(), odd)
    assert sum(said.flags["late"].values()) == sum(said.flags["mixed"].values()) == 10
    assert said.arms == judge(Plan(), standing(), units).arms


def test_before_anybody_came_nothing_is_said_to_be_wrong():
    said = judge(Plan(), Standing(START, START, 0, START), [])
    assert (said.stop, said.winner, said.next_step) == (False, None, None)
    assert said.split.doubts == []
    assert "Nothing can be told of new yet. Success of tool calls: No unit was given now yet." in told(said)


def reason(units, now, plan=None, has_ended=False):
    said = judge(plan or Plan(guardrails=()), Standing(now, START, 2, START, has_ended), units)
    assert said.arms[0].estimate.values is None
    return said.arms[0].estimate.note


def test_why_there_is_no_interval_yet_is_said_as_it_is():
    now = START + timedelta(minutes=30)
    both = [replace(unit(arm, 1, 1, stratum=2), at=START) for arm in ("now", "new")]
    assert reason(both[:1], now) == "No unit was given new yet."
    at = f"{START + timedelta(minutes=62, seconds=59):%-d %b %H:%M} UTC"
    waits = f"No unit's window of now is over yet, so none counts: the first does at about {at}."
    assert reason(both, now) == waits
    assert reason(both, now, has_ended=True) == "No unit's window of now was over when the run ended."
    later = START + timedelta(minutes=63)
    silent = [both[0], replace(both[1], calls=0, successes=0)]
    assert reason(silent, later) == "No unit of new whose window is over has a value in this."
    apart = [both[0], replace(both[1], stratum=1)]
    assert reason(apart, later) == "An interval begins when both arms have units in one step of the ramp."
    few = Plan(guardrails=(), metric="latency")
    assert reason(both, later, few).startswith("No unit of now")
    timed = [replace(each, latency_ms=5.0) for each in both]
    assert reason(timed, later, few).startswith("An interval begins with ")
    assert judge(Plan(guardrails=()), Standing(later, START, 2, START), both).arms[0].estimate.note == ""


def test_twenty_thousand_units_are_judged_in_a_second():
    units = traffic({"now": 0.9, "new": 0.9}, days=30, a_day=666)
    began = process_time()
    judge(Plan(), standing(days=31), units)
    assert process_time() - began < 1
