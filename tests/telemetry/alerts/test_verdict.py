from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.alerts.models import Judgement, Rule, State
from telemetry.alerts.verdict import Standing, judge, next_state, verdict
from telemetry.semconv import Outcome
from telemetry.tally import Tally, wilson
from tests.telemetry.alerts.builders import NOON, at

RULE = Rule(name="r", for_s=15, keep_firing_for_s=30)


def walk(rule, looks, step_s=5, standing=None):
    """The states after each (good, total) of *looks*, one look every *step_s* seconds."""
    standing = standing or Standing.at_rest(NOON)
    states = []
    for number, (good, total) in enumerate(looks):
        standing = next_state(rule, standing, judge(rule, good, total), at(number * step_s))
        states.append(standing.state)
    return states


def firing(**given):
    moments = {"since": NOON, "unrecovered_at": NOON, "evidence_at": NOON}
    return Standing(State.FIRING, **(moments | given))


@pytest.mark.parametrize(("bad", "calls"), [(5, 20), (10, 50), (16, 100), (29, 200), (64, 500)])
def test_confident_breach_needs_as_many_failures_as_the_wilson_bound_asks(bad, calls):
    assert judge(RULE, calls - bad, calls).judgement == Judgement.BREACH
    assert judge(RULE, calls - bad + 1, calls).judgement == Judgement.OK


def test_without_the_confidence_test_the_share_alone_decides():
    rule = Rule(confident=False)
    assert judge(rule, 89, 100).judgement == Judgement.BREACH
    assert judge(rule, 90, 100).judgement == Judgement.OK


def test_too_few_calls_say_nothing():
    assert judge(RULE, 0, 19).judgement == Judgement.INSUFFICIENT
    assert judge(RULE, 0, 20).judgement == Judgement.BREACH


def test_a_warm_cache_cannot_hide_an_outage():
    tally = Tally({Outcome.FROM_CACHE: 10_000, Outcome.TIMEOUT: 30})
    seen = verdict(RULE, tally)
    assert (seen.good, seen.total, seen.judgement) == (0, 30, Judgement.BREACH)


def test_refused_calls_never_count():
    seen = verdict(RULE, Tally({Outcome.AUTHORIZATION: 500, Outcome.RATE_LIMIT: 500, Outcome.FIRST_TRY: 40}))
    assert (seen.value, seen.total, seen.judgement) == (1.0, 40, Judgement.OK)


def test_a_breach_fires_once_it_held_for_the_pending_time():
    states = walk(RULE, [(10, 100)] * 4)
    assert states == [State.PENDING, State.PENDING, State.PENDING, State.FIRING]


def test_one_good_look_ends_a_pending_breach():
    states = walk(RULE, [(10, 100), (10, 100), (99, 100), (10, 100), (10, 100)])
    assert states == [State.PENDING, State.PENDING, State.INACTIVE, State.PENDING, State.PENDING]


def test_a_pending_breach_without_calls_is_dropped():
    assert walk(RULE, [(10, 100), (0, 3)]) == [State.PENDING, State.INACTIVE]


def test_without_a_pending_time_it_fires_at_once():
    assert walk(Rule(for_s=0), [(10, 100)]) == [State.FIRING]


def test_recovery_has_to_hold():
    states = walk(RULE, [(50, 100)] + [(95, 100)] * 7, standing=firing())
    assert states == [State.FIRING] * 6 + [State.INACTIVE] * 2


def test_back_above_the_threshold_is_not_yet_a_recovery():
    assert set(walk(RULE, [(92, 100)] * 50, standing=firing())) == {State.FIRING}


def test_silence_neither_ends_an_incident_nor_counts_towards_recovery():
    states = walk(RULE, [(95, 100)] * 4 + [(0, 0)] + [(95, 100)] * 4, standing=firing(), step_s=10)
    assert states == [State.FIRING] * 3 + [State.INACTIVE] * 6
    states = walk(RULE, [(0, 0)] * 500 + [(95, 100)] * 4, standing=firing(), step_s=10)
    assert states == [State.FIRING] * 502 + [State.INACTIVE] * 2


def test_after_a_day_of_silence_an_incident_is_closed():
    seen = judge(RULE, 0, 0)
    assert next_state(RULE, firing(), seen, NOON + timedelta(hours=23.9)).state == State.FIRING
    assert next_state(RULE, firing(), seen, NOON + timedelta(hours=24)).state == State.INACTIVE


calls = st.integers(1, 2000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
rules = st.builds(
    lambda threshold, gap, minimum, confident, for_s, keep: Rule(
        threshold=threshold,
        recovery_threshold=min(1.0, threshold + gap),
        minimum_calls=minimum,
        confident=confident,
        for_s=for_s,
        keep_firing_for_s=keep,
    ),
    st.floats(0.05, 1.0),
    st.floats(0.0, 0.2),
    st.integers(1, 50),
    st.booleans(),
    st.integers(0, 60),
    st.integers(0, 60),
)


@given(rules, calls)
def test_nothing_is_both_breached_and_recovered(rule, look):
    seen = judge(rule, *look)
    assert not (seen.recovered and seen.judgement != Judgement.OK)


@given(rules, calls)
def test_the_confidence_test_only_ever_takes_breaches_away(rule, look):
    rule.confident = True
    confident = judge(rule, *look).judgement
    rule.confident = False
    assert confident != Judgement.BREACH or judge(rule, *look).judgement == Judgement.BREACH


@given(rules, st.lists(st.floats(0, 1), max_size=40), st.sampled_from([State.INACTIVE, State.FIRING]))
def test_between_the_thresholds_nothing_ever_changes(rule, places, state):
    lowest, highest = rule.threshold, rule.recovery_threshold
    looks = [(round((lowest + place * (highest - lowest)) * 10_000), 10_000) for place in places]
    looks = [look for look in looks if lowest <= look[0] / look[1] < highest]
    started = firing() if state == State.FIRING else Standing.at_rest(NOON)
    assert set(walk(rule, looks, standing=started)) <= {state}


@given(rules, st.lists(calls, min_size=1, max_size=60))
def test_it_fires_only_after_pending_looks_and_a_breach(rule, looks):
    states = [State.INACTIVE, *walk(rule, looks)]
    for look, before, after in zip(looks, states, states[1:], strict=False):
        if after == State.FIRING and before != State.FIRING:
            assert judge(rule, *look).judgement == Judgement.BREACH
            assert rule.for_s == 0 or before == State.PENDING


@given(rules, st.lists(calls, min_size=1, max_size=60))
def test_it_resolves_only_on_a_recovered_look(rule, looks):
    states = [State.FIRING, *walk(rule, looks, standing=firing())]
    for look, before, after in zip(looks, states, states[1:], strict=False):
        if before == State.FIRING and after != State.FIRING:
            assert judge(rule, *look).recovered


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_value(look):
    lower, upper = wilson(*look)
    assert 0.0 <= lower <= look[0] / look[1] + 1e-12 and look[0] / look[1] <= upper + 1e-12
