from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.alerts import verdict as deciding
from telemetry.alerts.kinds.success_rate import factor
from telemetry.alerts.models import Judgement, Rule, State
from telemetry.alerts.shares import Of, Share
from telemetry.alerts.verdict import Standing, next_state, verdict
from telemetry.alerts.windows import Key
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import Outcome
from telemetry.values.proportions import wilson
from tests.telemetry.alerts.builders import NOON, at

RULE = Rule(name="r", for_s=15, keep_firing_for_s=30)
OPENAI, GROQ = Key("crm", "openai", "gpt"), Key("crm", "groq", "llama")


def judge(rule, good, total):
    """The verdict where one share is all there is."""
    return deciding.judge(rule, [Share(Of.CALLS, ((good, total),))])


def seen(*calls, rule=RULE, broken=()):
    """The verdict on the tallies of OPENAI and GROQ."""
    return verdict(rule, {None: dict(zip((OPENAI, GROQ), map(Tally, calls), strict=False))}, broken)


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
    look = seen({Outcome.FROM_CACHE: 10_000, Outcome.TIMEOUT: 30})
    assert (look.value, look.judgement, look.breached) == (0, Judgement.BREACH, ("calls", "runs"))


@pytest.mark.parametrize(("went_well", "ran"), [(0, 1), (0, 2), (2, 4), (0, 19)])
def test_few_runs_beside_a_warm_cache_say_nothing(went_well, ran):
    look = seen({Outcome.FROM_CACHE: 1000, Outcome.FIRST_TRY: went_well, Outcome.TIMEOUT: ran - went_well})
    assert (look.judgement, look.breached) == (Judgement.OK, ())
    assert (look.shown.factors, look.value) == (((1000 + ran, 1000 + ran),), 1)  # what is known, and no more


@pytest.mark.parametrize("hits", [180, 380, 980, 1980])
def test_an_outage_is_told_of_as_soon_as_there_are_twenty_runs_however_warm_the_cache_is(hits):
    look = seen({Outcome.FROM_CACHE: hits, Outcome.TIMEOUT: 20})
    assert (look.judgement, look.breached, look.total) == (Judgement.BREACH, ("calls", "runs"), 20)


def test_few_runs_hide_no_bad_arguments():
    look = seen({Outcome.FROM_CACHE: 500, Outcome.ARGUMENTS: 500, Outcome.FIRST_TRY: 3})
    assert (look.judgement, look.breached) == (Judgement.BREACH, ("arguments", "calls"))
    assert look.shown.factors == ((503, 1003),)


def test_refused_calls_never_count():
    look = seen({Outcome.AUTHORIZATION: 500, Outcome.RATE_LIMIT: 500, Outcome.FIRST_TRY: 40})
    assert (look.value, look.total, look.judgement) == (1.0, 40, Judgement.OK)


def test_bad_arguments_are_told_of_though_every_good_answer_is_cached():
    look = seen({Outcome.FROM_CACHE: 50, Outcome.ARGUMENTS: 50})
    assert (look.value, look.breached) == (0.5, ("arguments", "calls"))


def test_a_provider_that_sends_nothing_but_bad_arguments_is_told_of_among_many_good_calls():
    look = seen({Outcome.FROM_CACHE: 950}, {Outcome.ARGUMENTS: 50})
    assert (look.value, look.breached, look.shown.provider) == (0, ("arguments:groq",), "groq")


def test_six_percent_bad_arguments_and_six_percent_failures_are_a_breach_together():
    calls = {Outcome.ARGUMENTS: 600, Outcome.FROM_CACHE: 4700, Outcome.FIRST_TRY: 4418, Outcome.TIMEOUT: 282}
    look = seen(calls)
    assert look.breached == ("calls",)
    assert look.value == pytest.approx(0.94 * 0.94)
    assert seen(calls | {Outcome.ARGUMENTS: 200}).judgement == Judgement.OK


def test_a_healthy_two_percent_beside_a_warm_cache_is_no_breach():
    look = seen({Outcome.FROM_CACHE: 882, Outcome.FIRST_TRY: 96, Outcome.TIMEOUT: 2, Outcome.ARGUMENTS: 20})
    assert look.judgement == Judgement.OK


def test_the_more_is_looked_at_the_more_each_has_to_prove():
    one, many = {Outcome.FIRST_TRY: 40, Outcome.TIMEOUT: 10}, {Outcome.FIRST_TRY: 400}
    assert judge(RULE, 40, 50).judgement == Judgement.BREACH
    assert "runs" not in seen(one, rule=RULE).breached and seen(one, many).judgement == Judgement.OK
    assert [round(deciding.z_of(looks), 2) for looks in (1, 3, 10)] == [1.96, 2.39, 2.81]


def test_bad_arguments_are_over_once_cached_answers_show_good_ones():
    assert seen({Outcome.FROM_CACHE: 99, Outcome.ARGUMENTS: 1}, broken=("arguments", "calls")).recovered
    assert not seen({Outcome.FROM_CACHE: 91, Outcome.ARGUMENTS: 9}, broken=("arguments", "calls")).recovered


def test_an_outage_is_not_over_because_the_cache_answers():
    look = seen({Outcome.FROM_CACHE: 500}, broken=("calls", "runs"))
    assert (look.recovered, look.evident) == (False, False)
    assert seen({Outcome.FROM_CACHE: 500, Outcome.FIRST_TRY: 5}, broken=("calls", "runs")).recovered


def test_an_incident_without_runs_has_too_few_calls_to_judge_and_says_so():
    look = seen({Outcome.FROM_CACHE: 500, Outcome.TIMEOUT: 4}, broken=("calls", "runs"))
    assert (look.judgement, look.recovered, look.evident) == (Judgement.INSUFFICIENT, False, False)
    look = seen({Outcome.FROM_CACHE: 500, Outcome.FIRST_TRY: 14, Outcome.TIMEOUT: 1}, broken=("calls", "runs"))
    assert (look.recovered, look.value) == (True, 14 / 15)


@pytest.mark.parametrize("runs", [0, 1, 4, 5, 19, 20])
def test_both_together_are_over_by_what_is_known_of_them(runs):
    """Bad arguments, while good ones come from the cache and some run; never for want of a run."""
    calls = {Outcome.FROM_CACHE: 500, Outcome.FIRST_TRY: runs}
    assert seen(calls, broken=("arguments", "calls")).recovered
    failing = {Outcome.FROM_CACHE: 500, Outcome.TIMEOUT: runs}
    assert seen(failing, broken=("arguments", "calls")).recovered == (runs < 5)


def test_a_few_late_calls_keep_no_incident_open():
    now, late = {OPENAI: Tally({Outcome.FIRST_TRY: 100})}, {OPENAI: Tally({Outcome.TIMEOUT: 10})}
    assert verdict(RULE, {None: now, NOON: late}, ("calls", "runs")).recovered


def test_a_provider_that_is_called_no_longer_does_not_hold_its_incident_open():
    assert seen({Outcome.FIRST_TRY: 100}, broken=("arguments:groq",)).recovered
    still = {Outcome.ARGUMENTS: 10, Outcome.FIRST_TRY: 90}
    assert not seen({Outcome.FIRST_TRY: 100}, still, broken=("arguments:groq",)).recovered


def test_late_calls_are_judged_apart_and_hide_nothing():
    late = {OPENAI: Tally({Outcome.FIRST_TRY: 10_000})}
    look = verdict(RULE, {None: {OPENAI: Tally({Outcome.TIMEOUT: 40})}, NOON: late})
    assert (look.judgement, look.shown.late) == (Judgement.BREACH, None)
    look = verdict(RULE, {None: late, NOON: {OPENAI: Tally({Outcome.TIMEOUT: 40})}})
    assert (look.judgement, look.shown.late) == (Judgement.BREACH, NOON)


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
    quiet = judge(RULE, 0, 0)
    assert next_state(RULE, firing(), quiet, NOON + timedelta(hours=23.9)).state == State.FIRING
    assert next_state(RULE, firing(), quiet, NOON + timedelta(hours=24)).state == State.INACTIVE


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
    said = judge(rule, *look)
    assert not (said.recovered and said.judgement != Judgement.OK)


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


tallies = st.fixed_dictionaries({outcome: st.integers(0, 3000) for outcome in Outcome}).map(Tally)
looks = st.dictionaries(
    st.sampled_from([None, NOON]),
    st.dictionaries(st.sampled_from([OPENAI, GROQ, Key("crm", "", "")]), tallies, min_size=1),
)


@given(rules, looks, st.lists(st.sampled_from(["calls", "runs", "arguments", "arguments:groq", "arguments:gone"])))
def test_every_look_has_a_verdict(rule, windowed, broken):
    look = verdict(rule, windowed, broken)
    lower, upper = look.shown.interval()
    assert 0 <= lower <= upper <= 1
    assert look.value is None or lower - 1e-9 <= look.value <= upper + 1e-9
    assert bool(look.breached) == (look.judgement == Judgement.BREACH)
    assert not (look.recovered and not look.evident)


@given(st.lists(tallies, min_size=1, max_size=4), st.sampled_from(list(Of)))
def test_what_is_counted_adds_up(parts, of):
    """So that the others' own tally is what is left of all."""
    counted = [factor(of, part) for part in parts]
    assert factor(of, Tally.sum(parts)) == tuple(map(sum, zip(*counted, strict=True)))
    assert all(0 <= good <= total for good, total in counted)
