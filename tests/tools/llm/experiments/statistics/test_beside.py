"""The tests that are shown beside."""

from math import isclose, log

from tools.llm.experiments.statistics.beside import pair_wealths, z_test


def test_the_z_test_is_that_of_the_book():
    """z of 90 and 95 of 100 each: 0.05 / sqrt(0.925 * 0.075 * 2 / 100) = 1.342, p = 0.1795."""
    assert isclose(z_test((90, 100), (95, 100)), 0.1795, abs_tol=1e-4)
    assert z_test((0, 0), (1, 1)) == z_test((5, 5), (7, 7)) == 1


def test_pairs_grow_with_those_that_differ():
    assert pair_wealths({}) == (0, 0) == pair_wealths({0.0: 500})
    above, below = pair_wealths({1.0: 30, -1.0: 5, 0.0: 300})
    assert above > log(40) > 0 > below


def test_pairs_against_a_margin_bet_on_more_than_it():
    plain, with_margin = pair_wealths({1.0: 30, 0.0: 270})[0], pair_wealths({1.0: 30, 0.0: 270}, 0.05)[0]
    assert plain > with_margin > 3
    assert pair_wealths({1.0: 30, 0.0: 270}, 0.15)[0] < 0
