"""Wilson's interval: known values, and ends that rounding does not move."""

import pytest

from telemetry.values.proportions import wilson


@pytest.mark.parametrize(
    ("successes", "n", "expected"),
    # As R. G. Newcombe prints them: Statistics in Medicine 17, 1998, 857 (method 3).
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (29, 29, (0.8830, 1.0)),
    ],
)
def test_known_intervals(successes, n, expected):
    assert wilson(successes, n) == pytest.approx(expected, abs=5e-5)


def test_it_holds_its_share_and_ends_where_shares_do():
    for n in range(1, 2_000):
        assert wilson(n, n)[1] == 1.0 and wilson(0, n)[0] == 0.0
        for successes in {1, n // 2, n - 1} - {0, n}:
            lower, upper = wilson(successes, n)
            assert 0 < lower < successes / n < upper < 1


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)
