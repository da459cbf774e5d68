import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from telemetry.sampling.decisions import WHOLE, Fate, Matcher, Trace, fate_of, is_kept, sentence

TENTH = Fate(10, 20)
traces = st.builds(
    Trace,
    st.uuids(),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.floats(0, 10_000),
)
matchers = st.builds(
    Matcher,
    st.frozensets(st.integers(1, 4)),
    st.builds(lambda one_in, times: Fate(one_in, one_in * times), st.integers(1, 9), st.integers(1, 5)),
    st.none() | st.integers(0, 10_000),
)


def make_trace(**changes):
    values = {"trace_id": uuid.UUID(int=7), "series": [1], "failed": False, "slow": False, "longest_ms": 5.0}
    return Trace(**values | changes)


def test_the_first_rule_that_matches_any_span_decides():
    rules = [Matcher(frozenset({2}), TENTH), Matcher(frozenset({1, 2}), Fate(5, 5))]
    assert fate_of(make_trace(series=[1, 2]), rules) == TENTH
    assert fate_of(make_trace(series=[1]), rules) == Fate(5, 5)
    assert fate_of(make_trace(series=[3]), rules) == WHOLE


def test_what_failed_or_was_slow_is_kept_whole():
    rules = [Matcher(frozenset({1}), TENTH), Matcher(frozenset({1}), TENTH)]
    assert fate_of(make_trace(failed=True), rules) == WHOLE
    assert fate_of(make_trace(slow=True), rules) == WHOLE


def test_a_rule_may_say_itself_what_is_slow():
    rules = [Matcher(frozenset({1}), TENTH, slow_ms=1000)]
    assert fate_of(make_trace(slow=True, longest_ms=999.0), rules) == TENTH
    assert fate_of(make_trace(longest_ms=1000.5), rules) == WHOLE


@given(st.lists(traces, max_size=30), st.lists(matchers, max_size=4))
def test_errors_are_never_lost_and_nothing_is_both_kept_and_deleted(found, rules):
    told = sentence(found, rules)
    whole = {trace.trace_id for trace in found if trace.failed}
    others = {trace.trace_id for trace in found if not trace.failed}
    assert not (whole - others) & {*told.deleted, *told.stripped, *told.weighed}
    assert not (set(told.deleted) - whole) & {*told.stripped, *told.weighed} or len(others) < len(found)


@given(st.uuids(), st.integers(1, 50), st.integers(1, 20))
def test_payloads_are_kept_only_of_traces_that_are(trace_id, one_in, times):
    assert is_kept(trace_id, one_in) or not is_kept(trace_id, one_in * times)


def test_weights_add_up_to_what_there_was_without_bias():
    rng = random.Random(4)
    for one_in in (2, 10, 100):
        rules = [Matcher(frozenset({1}), Fate(one_in, one_in))]
        errors = []
        for _ in range(20):
            ids = [uuid.UUID(int=rng.getrandbits(128)) for _ in range(2_000)]
            told = sentence([make_trace(trace_id=each) for each in ids], rules)
            assert len(told.deleted) + len(told.weighed) == 2_000
            errors.append(sum(told.weighed.values()) - 2_000)
        # The mean of 20 rounds, within three of its standard deviations.
        assert abs(sum(errors) / 20) < 3 * (2_000 * (one_in - 1) / 20) ** 0.5


def test_ids_that_count_up_are_sampled_as_well_as_random_ones():
    kept = sum(is_kept(uuid.UUID(int=number), 10) for number in range(10_000))
    assert abs(kept - 1_000) < 100
