"""2,000 experiments without effect that are looked at daily, and what is found where there is one."""

from pathlib import Path

import pytest

from tests.tools.llm.experiments.statistics import simulating as sim
from tools.llm.experiments.statistics import bets

# One process has what it simulated; all of it takes some 15 s of a processor that is not shared.
pytestmark = [pytest.mark.xdist_group("simulations"), pytest.mark.timeout(120)]


@pytest.mark.parametrize("null", [0.0, -0.05])
def test_all_at_once_are_judged_as_each_by_itself(null):
    days = sim.drawn(1, 5, (0.9,) * 30, (0.8,) * 30, sim.RAMP)
    both = sim.wealths_of_all(days, sim.VALUES, sim.IN_ARM, sim.RAMP, null)
    for place, run in enumerate(days.tolist()):
        rounds = bets.rounds_of(sim.blocks_of(run, sim.RAMP), sim.BASE)
        for side in (bets.ABOVE, bets.BELOW):
            assert list(bets.wealths(rounds, side, null)) == pytest.approx(both[side][place].tolist(), abs=1e-9)


@pytest.mark.parametrize(("level", "share"), [(0.9, 0.5), (0.95, 0.5), (0.9, 0.1)])
def test_no_difference_is_rarely_found_however_often_one_looks(level, share):
    found = sim.of_all(level, level, share)
    assert found["z"].percent > 15, "the reason for all this"
    assert found["bets"].percent <= 5
    # By these nothing is decided; the sequence is asymptotic, and at its limit beside an uneven split.
    assert found["sequence"].percent <= 6
    assert share != 0.5 or found["pairs"].percent <= 5


def test_calls_of_a_unit_that_fail_together_count_once():
    found = sim.of_clusters()
    assert found["z"].percent > 40, "each call counted by itself"
    assert found["bets"].percent <= 5


def test_a_ramp_while_the_level_falls_is_no_difference():
    found = sim.of_ramp()
    assert found["z"].percent > 90, "Simpson's paradox: the arm has most units where the level is lowest"
    assert found["bets"].percent <= 5
    assert found["sequence"].percent <= 5


def test_an_outage_that_strikes_both_arms_is_no_difference():
    found = sim.of_outage()
    assert found["pairs"].percent > 10, (
        "pairs are of other hours where one arm has more units: why they do not decide"
    )
    assert found["bets"].percent <= 5


def test_an_interval_covers_the_true_gain_at_all_looks():
    """5 points through the ramp, while the level falls: it is rarely ever left out."""
    levels = [0.9 - 0.05 * step for step in sim.STEPS]
    days = sim.drawn(7, 2000, tuple(levels), tuple(level + 0.05 for level in levels), sim.RAMP)
    assert sim.Found.of(sim.by_bets(days, sim.RAMP, null=0.05)).percent <= 5


def test_a_gain_is_found_through_a_ramp_while_the_level_falls():
    assert sim.of_ramp(0.05, 400)["bets"].percent > 20


def test_three_arms_share_what_may_be_wrong():
    found = sim.of_three_arms()
    assert found["z"].percent > 30
    assert found["bets"].percent <= 5


def test_skewed_times_and_costs_are_rarely_found_different():
    assert all(found.percent <= 5 for found in sim.of_factors().values())


def test_five_points_are_found_in_both_directions():
    assert sim.of_all(0.9, 0.95, runs=400)["bets"].percent > 80
    assert sim.of_all(0.95, 0.9, runs=400)["bets"].percent > 80


def test_a_harm_of_15_points_is_found_in_days():
    found = sim.of_all(0.95, 0.8, runs=400)["bets"]
    assert found.percent == 100
    assert found.day <= 4


def test_a_guardrail_at_its_very_margin_is_rarely_said_to_be_broken_or_to_hold():
    assert sim.Found.of(sim.by_bets(sim.steady(3, 0.95, 0.9), null=-0.05)).percent <= 5


def test_a_guardrail_of_2_points_is_not_broken_by_an_arm_as_good_as_the_control():
    below = slice(bets.BELOW, bets.BELOW + 1)
    assert sim.Found.of(sim.by_bets(sim.steady(4, 0.95, 0.95), null=-0.02, sides=below)).percent <= 0.5


@pytest.mark.parametrize("what", sim.ROWS)
def test_a_row_of_the_page_is_what_was_simulated(what):
    page = (Path(__file__).parents[5] / "docs" / "experiments-statistics.md").read_text()
    assert sim.row(what) in page.splitlines()
