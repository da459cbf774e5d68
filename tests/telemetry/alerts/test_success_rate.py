import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.alerts.kinds.success_rate import measure
from telemetry.semconv import Outcome
from telemetry.tally import Tally


def test_without_a_cache_bad_arguments_are_failures_like_others():
    assert measure(Tally({Outcome.FIRST_TRY: 80, Outcome.ARGUMENTS: 15, Outcome.TIMEOUT: 5})) == (80, 100)


def test_answers_from_the_cache_do_not_hide_an_outage():
    assert measure(Tally({Outcome.FROM_CACHE: 900, Outcome.TIMEOUT: 100})) == (0, 100)


def test_bad_arguments_do_not_weigh_more_because_the_cache_works():
    # 1,000 calls, 2 % with bad arguments; of the valid ones nine in ten come from the cache.
    good, total = measure(Tally({Outcome.FROM_CACHE: 882, Outcome.FIRST_TRY: 98, Outcome.ARGUMENTS: 20}))
    assert good / total == pytest.approx(0.98)


def test_where_nothing_passed_the_cache_there_is_nothing_to_judge():
    assert measure(Tally({Outcome.FROM_CACHE: 500, Outcome.ARGUMENTS: 40})) == (0, 0)


def test_a_model_that_only_sends_bad_arguments_is_a_breach():
    assert measure(Tally({Outcome.ARGUMENTS: 40})) == (0, 40)


def test_refused_calls_do_not_count():
    assert measure(Tally({Outcome.FIRST_TRY: 5, Outcome.AUTHORIZATION: 50, Outcome.RATE_LIMIT: 50})) == (5, 5)


@given(st.fixed_dictionaries({outcome: st.integers(0, 10_000) for outcome in Outcome}))
def test_good_calls_are_never_more_than_the_judged_ones(counts):
    good, total = measure(Tally(counts))
    assert 0 <= good <= total <= sum(counts.values())
