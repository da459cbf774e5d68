"""The survival function of chi-square beside what is known of it in closed form."""

from math import erfc, exp, isclose, sqrt

import pytest

from tools.llm.experiments.statistics.gamma import chi_square_survival


@pytest.mark.parametrize("statistic", [1e-6, 0.1, 1, 2.9, 3.1, 10.83, 50, 300])
def test_one_and_two_and_four_degrees_of_freedom_are_as_in_closed_form(statistic):
    assert isclose(chi_square_survival(statistic, 1), erfc(sqrt(statistic / 2)), rel_tol=1e-10)
    assert isclose(chi_square_survival(statistic, 2), exp(-statistic / 2), rel_tol=1e-10)
    assert isclose(chi_square_survival(statistic, 4), exp(-statistic / 2) * (1 + statistic / 2), rel_tol=1e-10)


def test_the_points_of_tables_are_met():
    """M. Abramowitz and I. Stegun, table 26.8."""
    assert isclose(chi_square_survival(10.8276, 1), 0.001, rel_tol=1e-4)
    assert isclose(chi_square_survival(43.7730, 30), 0.05, rel_tol=1e-4)
    assert chi_square_survival(0, 3) == 1
