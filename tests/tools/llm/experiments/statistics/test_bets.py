"""Which effects bets rule out."""

from math import isfinite, log

from hypothesis import given
from hypothesis import strategies as st

from tools.llm.experiments.statistics import bets

VALUES = st.dictionaries(st.floats(0, 1), st.integers(1, 200), max_size=3)
BLOCKS = st.lists(st.builds(bets.Block, st.just(0), st.floats(0.01, 0.99), VALUES, VALUES), max_size=6)


def swapped(block):
    return bets.Block(block.stratum, 1 - block.share, block.arm, block.control)


@given(BLOCKS, st.floats(0, 1))
def test_swapping_the_arms_turns_the_interval_round(blocks, base):
    low, high = bets.interval(bets.rounds_of(blocks, base), 0.05)
    other_low, other_high = bets.interval(bets.rounds_of(map(swapped, blocks), base), 0.05)
    assert abs(low + other_high) < 3 * bets.EXACT
    assert abs(high + other_low) < 3 * bets.EXACT


@given(BLOCKS, st.floats(0, 1), st.sampled_from([bets.ABOVE, bets.BELOW]), st.floats(-1, 1))
def test_wealth_is_a_number_whatever_comes(blocks, base, side, null):
    assert isfinite(bets.wealth(bets.rounds_of(blocks, base), side, null))


@given(BLOCKS, st.floats(0, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_wealth_of_bets_above_falls_with_the_null(blocks, base, one, other):
    rounds = bets.rounds_of(blocks, base)
    least, most = sorted((one, other))
    assert bets.wealth(rounds, bets.ABOVE, least) >= bets.wealth(rounds, bets.ABOVE, most) - 1e-9
    assert bets.wealth(rounds, bets.BELOW, least) <= bets.wealth(rounds, bets.BELOW, most) + 1e-9


@given(BLOCKS)
def test_what_is_sure_to_95_percent_is_within_what_is_sure_to_99(blocks):
    rounds = bets.rounds_of(blocks, 0.9)
    narrow, wide = (bets.interval(rounds, alpha) for alpha in (0.05, 0.01))
    assert wide[0] <= narrow[0] + bets.EXACT
    assert wide[1] >= narrow[1] - bets.EXACT


@given(BLOCKS)
def test_now_is_the_last_of_all_days(blocks):
    rounds = bets.rounds_of(blocks, 0.9)
    for side in (bets.ABOVE, bets.BELOW):
        assert abs([0.0, *bets.wealths(rounds, side)][-1] - bets.wealth(rounds, side)) < 1e-9


def test_a_bet_is_fair_at_its_null_at_any_split_and_level():
    """The mean over assignment and outcome of what a stake becomes is 1: worked out, not drawn."""
    for share, level, guess, effect in [(0.5, 0.9, 0.9, 0.05), (0.1, 0.3, 0.8, -0.2), (0.9, 0.5, 0.1, 0.0)]:
        of_arm = share, level + effect, bets.Block(0, share, {}, {1.0: 1}), bets.Block(0, share, {}, {0.0: 1})
        of_control = 1 - share, level, bets.Block(0, share, {1.0: 1}, {}), bets.Block(0, share, {0.0: 1}, {})
        for side in (bets.ABOVE, bets.BELOW):
            mean = 0.0
            for chance, rate, won, lost in (of_arm, of_control):
                for block, weight in ((won, rate), (lost, 1 - rate)):
                    wealth = bets.wealth([bets.round_of(block, guess)], side, effect)
                    mean += chance * weight * 2.718281828459045**wealth
            assert abs(mean - 1) < 1e-9


def test_an_interval_ends_where_wealth_is_enough():
    rounds = bets.rounds_of([bets.Block(0, 0.5, {1.0: 80, 0.0: 20}, {1.0: 95, 0.0: 5})] * 4, 0.9)
    low, high = bets.interval(rounds, 0.05)
    assert 0 < low < 0.15 < high
    assert abs(bets.wealth(rounds, bets.ABOVE, low) - log(40)) < 0.05
    assert abs(bets.wealth(rounds, bets.BELOW, high) - log(40)) < 0.05


def test_a_stretch_in_which_only_one_arm_was_given_says_nothing():
    assert bets.rounds_of([bets.Block(0, 0.0, {1.0: 50}), bets.Block(0, 1.0, {}, {0.0: 50})], 0.9) == []
    assert bets.interval([], 0.05) == (-1.0, 1.0)
