import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.alerts.kinds.success_rate import shares
from telemetry.alerts.shares import Of, Share
from telemetry.alerts.windows import Key
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import Outcome
from telemetry.values.proportions import wilson

OPENAI, GROQ = Key("crm", "openai", "gpt"), Key("crm", "groq", "llama")


def read(*calls):
    """The factors of each share, by its name."""
    told = shares(dict(zip((OPENAI, GROQ), map(Tally, calls), strict=False)))
    return {share.name: share.factors for share in told}


def test_arguments_are_counted_on_all_calls_and_runs_on_those_that_passed_the_cache():
    calls = {Outcome.FROM_CACHE: 882, Outcome.FIRST_TRY: 96, Outcome.TIMEOUT: 2, Outcome.ARGUMENTS: 20}
    assert read(calls) == {
        "calls": ((980, 1000), (96, 98)),
        "runs": ((96, 98),),
        "arguments": ((980, 1000),),
    }


def test_without_a_cache_bad_arguments_are_failures_like_others():
    calls, *_ = shares({OPENAI: Tally({Outcome.FIRST_TRY: 81, Outcome.ARGUMENTS: 10, Outcome.TIMEOUT: 9})})
    assert calls.value == 0.81


def test_where_nothing_passed_the_cache_only_arguments_are_judged():
    assert read({Outcome.FROM_CACHE: 500, Outcome.ARGUMENTS: 40})["calls"] == ((500, 540),)


def test_refused_calls_do_not_count():
    calls = {Outcome.FIRST_TRY: 5, Outcome.AUTHORIZATION: 50, Outcome.RATE_LIMIT: 50}
    assert read(calls)["calls"] == ((5, 5), (5, 5))


def test_providers_are_judged_by_the_arguments_that_they_send():
    told = read({Outcome.ARGUMENTS: 1}, {Outcome.FIRST_TRY: 2, Outcome.FROM_CACHE: 2})
    assert (told["arguments:openai"], told["arguments:groq"]) == (((0, 1),), ((4, 4),))


def test_of_many_providers_the_worst_are_judged():
    calls = {Key("crm", f"p{n:02}", ""): Tally({Outcome.ARGUMENTS: n, Outcome.FIRST_TRY: 50}) for n in range(30)}
    assert [share.provider for share in shares(calls) if share.provider] == [f"p{n}" for n in range(29, 21, -1)]


def test_a_product_is_judged_by_the_scarcer_of_its_factors():
    share = Share(Of.CALLS, ((980, 1000), (3, 4)))
    assert (share.total, share.value) == (4, 0.735)
    assert share.counted_on(20) == Share(Of.CALLS, ((980, 1000),))
    assert (share.counted_on(4), share.counted_on(1001)) == (share, None)


counts = st.integers(0, 3000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(counts, counts, st.floats(1, 4))
def test_the_interval_holds_the_value_and_grows_with_what_is_asked(first, second, z):
    share = Share(Of.CALLS, (first, second))
    lower, upper = share.interval(z)
    assert 0 <= lower <= upper <= 1
    assert share.interval(z + 0.5)[1] >= upper - 1e-9
    if share.value is not None:
        assert lower - 1e-9 <= share.value <= upper + 1e-9


@given(counts)
def test_the_interval_of_a_single_factor_is_wilsons(counted):
    assert Share(Of.CALLS, (counted,)).interval() == pytest.approx(wilson(*counted), abs=1e-9)
