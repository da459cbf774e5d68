import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import histogram

durations = st.lists(st.floats(min_value=0.1, max_value=99_000), min_size=1, max_size=200)


def counts_of(values: list[float]) -> list[int]:
    counts = histogram.empty()
    for value in values:
        counts[histogram.bucket(value)] += 1
    return counts


@given(durations)
def test_a_percentile_is_within_a_bucket_of_the_true_one(values):
    true = sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]
    read = histogram.percentile(counts_of(values), 0.95)
    assert true / 1.34 <= read <= true * 1.34


@given(durations, durations)
def test_merging_is_the_same_as_counting_together(left, right):
    assert histogram.merge([counts_of(left), counts_of(right)]) == counts_of(left + right)


def test_no_calls_have_no_percentile():
    assert histogram.percentile(histogram.empty(), 0.95) is None


def test_what_takes_longer_than_the_last_bound_is_counted_in_the_last_bucket():
    assert histogram.bucket(1e9) == histogram.SIZE - 1


def test_the_bound_of_a_share_is_not_exceeded_by_it():
    counts = histogram.empty()
    counts[histogram.bucket(10.0)], counts[histogram.bucket(400.0)] = 99, 1
    assert histogram.bound(counts, 0.99) == pytest.approx(10.0)
    assert histogram.bound(counts, 1.0) >= 400.0
    assert histogram.bound(histogram.empty(), 0.99) == 0.0
    counts[-1] = 1_000
    assert histogram.bound(counts, 0.99) == float("inf")
