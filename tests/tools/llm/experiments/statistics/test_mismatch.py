"""Whether units came to the arms as the weights say."""

from math import isfinite, log
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tools.llm.experiments.statistics.mismatch import ALPHA, by_value, check
from tools.llm.experiments.statistics.outcomes import Stratum

EVEN = [Stratum(0, {"a": 1, "b": 1})]
RAMP = [Stratum(0, {"a": 99, "b": 1}), Stratum(1, {"a": 1, "b": 1})]


def daily(seed, share, runs=2000, a_day=80, days=30):
    """Unique units so far, by experiment and day: of the control and of the arm."""
    arm = np.random.default_rng(seed).binomial(a_day, share, (runs, days)).cumsum(axis=1)
    return [[(a_day * day - n, n) for day, n in enumerate(run, 1)] for run in arm.tolist()]


def found(run, by):
    return any(by(check(EVEN, {(0, "a"): n, (0, "b"): m})) for n, m in run)


def test_chi_square_is_that_of_the_book():
    """10.83 for two arms is p < 0.001."""
    spread = 10.8276**0.5 / 2 * 1000**0.5
    said = check(EVEN, {(0, "a"): 500 + spread, (0, "b"): 500 - spread})
    assert abs(said.p - 0.001) < 1e-6


def doubted(share):
    """In how many percent of experiments units are doubted on any of 30 days: by what decides, and by p."""
    runs = daily(9, share, runs=1000)
    decided = sum(found(run, lambda said: said.is_found) for run in runs)
    by_p = sum(found(run, lambda said: said.p is not None and said.p < ALPHA) for run in runs)
    return decided / 10, by_p / 10


def test_a_right_split_is_rarely_doubted_however_often_one_looks():
    """By p it is ten times as often as that says, which is why it does not decide; and what that costs."""
    (right, right_by_p), (wrong, wrong_by_p) = doubted(0.5), doubted(0.55)
    assert right <= 0.1 < right_by_p
    page = (Path(__file__).parents[5] / "docs" / "experiments-statistics.md").read_text()
    assert f"in {right_by_p:.1f} of 100 experiments, the sequential test in {right:.1f}" in page
    assert f"it sees in {wrong:.0f} of 100, where p does in {wrong_by_p:.0f}" in page


def test_a_split_of_43_to_57_is_seen():
    runs = daily(2, 0.57, runs=200)
    assert sum(found(run, lambda said: said.is_found) for run in runs) > 190


def test_steps_of_a_ramp_are_each_compared_with_their_own_weights():
    """Together it looks like 3 to 1; by steps it is just as planned."""
    counts = {(0, "a"): 990, (0, "b"): 10, (1, "a"): 500, (1, "b"): 500}
    said = check(RAMP, counts)
    assert said.p == 1
    assert not said.is_found
    assert (said.units, said.expected) == ({"a": 1490, "b": 510}, {"a": 1490, "b": 510})
    assert check(RAMP, {**counts, (1, "a"): 620, (1, "b"): 380}).is_found


def test_too_few_units_have_no_p():
    said = check(RAMP, {(0, "a"): 100, (0, "b"): 1})
    assert said.p is None
    assert not said.is_found


def test_a_dimension_shows_where_it_went_wrong():
    units = [("openai", 0, "ab"[n % 2]) for n in range(400)] + [
        ("groq", 0, "a" if n % 4 else "b") for n in range(400)
    ]
    said = by_value(EVEN, units)
    assert [value for value, each in said.items() if each.is_found] == ["groq"]
    assert said["groq"].alpha == ALPHA / 2


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0.01, 0.99))
def test_evidence_is_a_number_and_the_same_with_arms_swapped(n, m, share):
    one = check([Stratum(0, {"a": 1 - share, "b": share})], {(0, "a"): n, (0, "b"): m})
    other = check([Stratum(0, {"a": share, "b": 1 - share})], {(0, "a"): m, (0, "b"): n})
    assert isfinite(one.evidence)
    assert abs(one.evidence - other.evidence) < 1e-6 * (1 + abs(one.evidence))


def test_evidence_is_1_in_the_mean_under_the_weights():
    """Over all that may come of 8 units: worked out, not drawn."""
    from math import comb, exp

    mean = sum(
        comb(8, m)
        * 0.2**m
        * 0.8 ** (8 - m)
        * exp(check([Stratum(0, {"a": 4, "b": 1})], {(0, "a"): 8 - m, (0, "b"): m}).evidence)
        for m in range(9)
    )
    assert abs(mean - 1) < 1e-9
    assert log(1 / ALPHA) > 0
