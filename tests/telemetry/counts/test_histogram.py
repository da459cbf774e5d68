from math import ceil, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.counts import histogram
from telemetry.counts.histogram import Histogram
from tests.telemetry.builders import histogram_of

HOUR_MS = 3_600_000.0
DAY_MS = 24 * HOUR_MS
durations = st.lists(st.floats(min_value=0.001, max_value=50 * HOUR_MS), min_size=1, max_size=60)
# Up to a bucket that has some, as a store gives them back.
counts = st.tuples(
    st.integers(0, histogram.SIZE - 22),
    st.lists(st.integers(0, 10**12 // 2 - 1), max_size=20),
    st.integers(1, 10**12 // 2 - 1),
).map(lambda parts: [0] * parts[0] + parts[1] + [parts[2]])


@given(durations, st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_percentile_is_within_five_per_cent_of_the_exact_one_and_of_the_shortest_and_longest(values, share):
    exact = sorted(values)[max(0, ceil(share * len(values)) - 1)]
    read = histogram_of(values).percentile(share)
    assert read == pytest.approx(exact, rel=histogram.ERROR)
    assert min(values) <= read <= max(values)


@given(
    st.lists(st.floats(min_value=50 * HOUR_MS, max_value=12 * DAY_MS), min_size=1, max_size=60),
    st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]),
)
def test_so_is_that_of_calls_of_days(values, share):
    exact = sorted(values)[max(0, ceil(share * len(values)) - 1)]
    read = histogram_of(values).percentile(share)
    assert read == pytest.approx(exact, rel=histogram.ERROR)
    assert min(values) <= read <= max(values)


@given(st.lists(st.floats(min_value=1.0, max_value=400 * DAY_MS), min_size=1, max_size=60), st.floats(0.0, 1.0))
def test_beyond_the_last_bucket_it_is_between_its_bound_and_the_longest(values, share):
    read = histogram_of(values).percentile(share)
    assert min(values) <= read <= max(values)
    exact = sorted(values)[max(0, ceil(share * len(values)) - 1)]
    if exact > histogram.BOUNDS_MS[-1]:
        assert read >= histogram.BOUNDS_MS[-1]


def test_the_last_bound_is_more_than_twelve_days():
    assert 12 * DAY_MS < histogram.BOUNDS_MS[-1] < 13 * DAY_MS


ALIKE = [
    [751.0] * 200,
    [0.0004],
    [2**30 * 3.0] * 2,
    [1.5 * HOUR_MS],
    [3 * DAY_MS] * 9,
    [12 * DAY_MS],
    [40 * DAY_MS],
]


@pytest.mark.parametrize("values", ALIKE)
def test_calls_that_take_equally_long_are_told_exactly(values):
    assert {histogram_of(values).percentile(share) for share in (0.0, 0.5, 0.99, 1.0)} == {values[0]}


@given(durations, durations)
def test_a_merge_counts_what_both_count(left, right):
    whole = Histogram.sum([histogram_of(left), histogram_of(right)])
    assert whole == histogram_of(left + right)
    rest = whole.without(histogram_of(right)).counts
    assert histogram.packed(rest) == histogram.packed(histogram_of(left).counts)


@given(counts, counts)
def test_the_sum_of_the_stored_numbers_is_the_histogram_of_both(one, other):
    assert histogram.unpacked(str(histogram.packed(one))) == one
    both = histogram.unpacked(str(histogram.packed(one) + histogram.packed(other)))
    assert both == Histogram.sum([Histogram(one), Histogram(other)]).counts


def test_no_calls_have_no_percentile():
    assert Histogram().percentile(0.95) is Histogram([0, 0]).percentile(0.95) is None
    assert (Histogram.sum([]).count, Histogram.sum([]).percentile(0.5)) == (0, None)
    assert histogram.unpacked("0") == histogram.unpacked("") == []


def test_every_bucket_holds_its_upper_bound_and_not_its_lower_one():
    for index, upper in enumerate(histogram.BOUNDS_MS):
        assert histogram.bucket(upper) == index
        assert histogram.bucket(upper * 1.000001) == index + 1
    assert (histogram.bucket(0.0), histogram.bucket(1e12)) == (0, histogram.SIZE - 1)


def test_a_bound_is_not_exceeded_by_that_share():
    slow = histogram_of([10.0] * 99 + [400.0])
    assert 10.0 <= slow.bound(0.99) < 11.0
    assert 400.0 <= slow.bound(1.0) < 440.0
    assert Histogram().bound(0.99) == 0.0
    assert 2 * HOUR_MS <= histogram_of([2 * HOUR_MS]).bound(1.0) < 2.2 * HOUR_MS
    assert histogram_of([1e12]).bound(1.0) == inf


def test_what_was_counted_in_wide_buckets_says_so_in_every_sum():
    wide = Histogram([0, 3], 0.0, inf)
    assert histogram_of([1.0]).error == Histogram().error == histogram.ERROR
    assert Histogram.sum([histogram_of([1.0]), wide]).error == histogram.WIDE_ERROR
