"""How often a tool may be called, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.definition.policy import Rate, ToolPolicy

RATES = st.builds(
    Rate, st.integers(1, 10**6), st.sampled_from([1.0, 60.0, 90.0, 3600.0, 86_400.0]), st.integers(0, 99)
)


@given(rate=RATES)
def test_a_rate_is_read_as_it_is_written(rate):
    assert Rate.parse(str(rate)) == rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/min", Rate(10, 60.0)),
        ("10 / 2 Minutes burst 30", Rate(10, 120.0, 30)),
        ("5/s BURST 7", Rate(5, 1.0, 7)),
        ("  ", None),
    ],
)
def test_people_write_rates_in_many_ways(text, rate):
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text", ["often", "0/min", "5/0s", "5/s burst", "5/s burst 0", "5/s 7", "5/fortnight", "-1/s"]
)
def test_what_is_no_rate_is_refused_with_what_to_write(text):
    with pytest.raises(ValueError, match=r"'10/min burst 30'"):
        Rate.parse(text)


def test_a_bucket_holds_its_burst_and_fills_at_its_rate():
    rate = Rate(10, 60.0, 30)
    assert (rate.capacity, rate.token_s, rate.full_s) == (30, 6.0, 180.0)
    assert Rate(10, 60.0).capacity == 10


@pytest.mark.parametrize(
    "field", [{"rate": Rate(1, 1.0)}, {"caller_rate": Rate(1, 1.0)}, {"quota_day": 1}, {"quota_month": 1}]
)
def test_any_limit_makes_a_policy_limited(field):
    assert ToolPolicy(**field).limited
    assert not ToolPolicy().limited
