"""Two arms compared, in each metric."""

from datetime import timedelta
from math import inf, isnan
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.llm.experiments.statistics.builders import EVEN, START, question, unit, units
from tools.llm.experiments.statistics import bets
from tools.llm.experiments.statistics.comparing import compare, over_time
from tools.llm.experiments.statistics.metrics import METRICS
from tools.llm.experiments.statistics.outcomes import Stratum, settled

RAMP = (Stratum(0, {"a": 99, "b": 1}), Stratum(1, {"a": 9, "b": 1}), Stratum(2, {"a": 1, "b": 1}))


@st.composite
def any_unit(draw):
    calls = draw(st.integers(0, 8))
    return unit(
        draw(st.sampled_from("abc")),
        draw(st.integers(0, calls)),
        calls,
        day=draw(st.integers(0, 3)),
        stratum=draw(st.integers(0, 2)),
        first_try=draw(st.integers(0, calls)),
        cost_usd=draw(st.none() | st.floats(0, 100)),
        latency_ms=draw(st.none() | st.floats(0, 1e7)),
        feedback=draw(st.none() | st.floats(0, 1)),
    )


@given(st.lists(any_unit(), max_size=30), st.sampled_from(sorted(METRICS)))
def test_an_estimate_is_made_of_numbers_whatever_comes(outcomes, metric):
    found = compare(question(metric, strata=RAMP), outcomes)
    values = (found.values.control, found.values.arm, found.values.effect) if found.values else ()
    assert not any(isnan(value) for value in (found.low, found.high, *values))
    assert found.values is None or found.low <= found.values.effect <= found.high
    assert found.note or found.values


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("outcomes", [[], [unit("a")], [unit("a"), unit("b")]])
def test_no_units_and_one_rule_out_nothing(metric, outcomes):
    found = compare(question(metric), outcomes)
    assert found.low < 0 < found.high
    assert found.low <= -0.5
    assert found.high >= 0.5


def test_a_unit_counts_once_however_many_calls_it_made():
    few = [unit("a", 1, 1), unit("b", 0, 1)] * 40
    many = [unit("a", 7, 7), unit("b", 0, 7)] * 40
    assert compare(question(), few) == compare(question(), many)


def test_units_without_calls_have_no_success():
    found = compare(question(), [*units("a", 40, 10), *units("b", 45, 5), *[unit("b", 0, 0)] * 30])
    assert (found.control_units, found.arm_units) == (50, 50)
    assert found.values.effect == pytest.approx(0.1)


def test_values_are_means_over_steps_with_one_weight_for_both_arms():
    """80 % of both arms at first, 50 % of both later, when most units of the arm came."""
    outcomes = [*units("a", 720, 180, stratum=1), *units("b", 80, 20, stratum=1)]
    outcomes += [*units("a", 50, 50, stratum=2), *units("b", 50, 50, stratum=2)]
    found = compare(question(strata=RAMP), outcomes)
    assert found.values.effect == pytest.approx(0)
    assert found.values.control == found.values.arm == pytest.approx((80 * 0.9 + 50 * 0.5) / 140, abs=0.02)
    assert found.split == "99:1, then 90:10, then 50:50"


def test_units_are_bet_on_by_step_and_day_in_the_order_of_time():
    outcomes = [
        *units("b", 6, 4, stratum=2, day=9),
        *units("a", 5, 5, stratum=2, day=9),
        *units("a", 90, 9, stratum=0, day=1),
        *units("b", 1, 0, stratum=0, day=2),
        unit("c", 1, 1, stratum=2, day=9),
        unit("b", 3, 4, stratum=2, day=9),
    ]
    blocks = [
        bets.Block(0, 0.01, {1.0: 90, 0.0: 9}),
        bets.Block(0, 0.01, {}, {1.0: 1}),
        bets.Block(2, 0.5, {1.0: 5, 0.0: 5}, {1.0: 6, 0.0: 4, 0.75: 1}),
    ]
    found = compare(question(strata=RAMP, base=0.7, alpha=0.2), outcomes)
    assert (found.low, found.high) == pytest.approx(bets.interval(bets.rounds_of(blocks, 0.7), 0.2))
    assert (found.control_units, found.arm_units) == (109, 12)


def test_times_differ_by_factors():
    outcomes = [
        unit(arm, latency_ms=ms) for arm, times in (("a", (90, 110)), ("b", (180, 220))) for ms in times * 60
    ]
    found = compare(question("latency"), outcomes)
    assert found.values.effect == pytest.approx(1.0)
    assert 0.8 < found.low < 1.0 < found.high < 1.25
    assert found.gain == (-found.high, -found.low)


def test_a_cost_a_success_is_of_sums():
    """Half of the units succeed and all cost the same: 2 cents a success, against 1."""
    outcomes = [unit("a", cost_usd=0.01)] * 200 + [unit("b", n % 2, cost_usd=0.01) for n in range(200)]
    found = compare(question("cost_per_success"), outcomes)
    assert (found.values.control, found.values.arm) == (pytest.approx(0.01), pytest.approx(0.02))
    assert 0.5 < found.low < 1.0 < found.high < 2.0


@pytest.mark.parametrize(
    ("outcomes", "why"),
    [
        ([unit("a", cost_usd=0.0), unit("b", cost_usd=0.01)] * 100, "costs nothing"),
        ([unit("a", cost_usd=0.01), unit("b", 0, cost_usd=0.01)] * 100, "no success"),
        ([unit("a", cost_usd=0.01), unit("b", cost_usd=0.01)] * 40, "50 units an arm"),
    ],
)
def test_where_there_is_no_interval_a_note_says_why(outcomes, why):
    found = compare(question("cost_per_success"), outcomes)
    assert why in found.note
    assert (found.low, found.high, found.values) == (-1.0, inf, None)


def test_units_of_a_step_that_the_plan_does_not_have_are_refused():
    with pytest.raises(ValueError, match=r"strata \[7\], the plan has \[0\]"):
        compare(question(), [unit("a", stratum=7)])
    with pytest.raises(ValueError, match="a share from 0 to 1, and a unit has 2"):
        compare(question("feedback"), [unit("a", feedback=2.0)])


def test_a_unit_counts_when_its_window_is_over():
    outcomes = [unit("a", day=0), unit("b", day=2)]
    assert list(settled(outcomes, START + timedelta(days=2), timedelta(days=1))) == outcomes[:1]


def test_a_unit_that_was_not_read_since_its_window_is_over_waits():
    early, read = (unit("a", as_of=START + timedelta(hours=hours)) for hours in (23, 25))
    assert list(settled([early, read], START + timedelta(days=2), timedelta(days=1))) == [read]


def test_a_chart_is_what_one_would_have_seen():
    outcomes = [*units("a", 200, 40, days=10), *units("b", 230, 10, days=10)]
    looks = [START + timedelta(days=day) for day in range(12)]
    line = over_time(question(), outcomes, looks, timedelta(hours=1))
    assert [look for look, _ in line] == looks
    assert line[0][1].control_units == 0
    assert line[-1][1] == compare(question(), outcomes)
    assert all(
        later.high - later.low <= before.high - before.low
        for (_, before), (_, later) in zip(line[::5], line[5::5], strict=False)
    )


def test_a_month_of_a_busy_experiment_is_read_in_a_second():
    outcomes = [unit("ab"[n % 2], n % 9 > 0, 1 + n % 4, day=n % 30) for n in range(100_000)]
    began = process_time()
    compare(question(strata=EVEN), outcomes)
    assert process_time() - began < 2
