from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts import sparkline
from dashboard.charts.figure_parts import spread


@given(st.lists(st.floats(50, 100), max_size=6), st.floats(0.5, 8))
def test_labels_never_overlap(wanted, gap):
    placed = spread(sorted(wanted), gap, 50, 100)
    assert all(upper - lower >= gap - 1e-9 for lower, upper in pairwise(placed))
    assert all(place <= 100 for place in placed)


def test_a_sparkline_needs_two_values():
    assert sparkline.spark([1.0]) == sparkline.spark([None, 2.0]) == ""
    assert sparkline.spark([0.0, 1.0]) == "M0.0 25.0 L200.0 3.0"


def test_a_sparkline_goes_over_a_short_gap_and_not_over_a_long_one():
    assert sparkline.spark([0.0, *[None] * 4, 1.0]).count("M") == 1
    assert sparkline.spark([0.0, 1.0, *[None] * 5, 1.0, 0.0]).count("M") == 2
