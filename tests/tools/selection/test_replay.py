"""Replay: what the estimates say of policies whose worth is known."""

from dataclasses import replace
from random import Random
from statistics import mean

import pytest

from tests.tools.selection.simulation import fixed, simulate
from tools.selection.group import Group
from tools.selection.replay.bounds import interval
from tools.selection.replay.estimates import doubly_robust, effective_size, replayed
from tools.selection.replay.walk import Logged, same_members, walked

WORTH = {"a": 0.4, "b": 0.7}


def a_log(seed, rounds=800, policy="epsilon_greedy"):
    return simulate(policy, fixed(**WORTH), rounds, seed=seed, epsilon=0.4)


def test_the_estimates_of_a_fixed_policy_are_unbiased_and_their_intervals_hold():
    ips, robust, held = [], [], 0
    for seed in range(200):
        group, log = a_log(seed)
        found = replayed(walked(group, log, fixed="a"))
        assert not found.refusal
        ips.append(found.ips.value)
        robust.append(found.doubly_robust.value)
        held += all(each.bounds[0] <= WORTH["a"] <= each.bounds[1] for each in (found.ips, found.doubly_robust))
    assert mean(ips) == pytest.approx(WORTH["a"], abs=0.015)
    assert mean(robust) == pytest.approx(WORTH["a"], abs=0.015)
    assert held >= 190


def test_the_mean_of_a_member_in_a_bandits_log_is_biased_where_the_estimates_are_not():
    """Who was unlucky at first is tried less: its plain mean stays too low. This is why the weights are there."""
    plain, robust = [], []
    for seed in range(400):
        group, log = simulate("thompson", fixed(a=0.5, b=0.5), 60, seed=seed)
        of_a = [each.reward for each in log if each.member == "a"]
        plain.append(mean(of_a) if of_a else 0.5)
        robust.append(mean(doubly_robust(walked(group, log, fixed="a"))))
    assert mean(plain) < 0.47
    assert mean(robust) == pytest.approx(0.5, abs=0.06)


def test_a_policy_that_learns_is_replayed_by_what_was_known_then():
    group, log = a_log(3, rounds=1500)
    better = replayed(walked(replace(group, epsilon=0.05), log))
    assert not better.refusal
    expected = 0.975 * WORTH["b"] + 0.025 * WORTH["a"]
    assert better.doubly_robust.bounds[0] < expected < better.doubly_robust.bounds[1]
    assert better.doubly_robust.value == pytest.approx(expected, abs=0.06)
    assert better.snips.value == pytest.approx(expected, abs=0.06) and better.snips.bounds is None
    assert better.gain.value > 0.02


def test_the_same_policy_replayed_is_what_was_logged():
    group, log = a_log(4)
    steps = walked(group, log)
    assert [step.weight for step in steps] == pytest.approx([1.0] * len(steps))
    found = replayed(steps)
    assert found.ips.value == pytest.approx(found.logged) and found.effective == pytest.approx(len(log))


def test_too_few_decisions_are_refused_in_a_sentence():
    group, log = a_log(5, rounds=80)
    found = replayed(walked(group, log, fixed="a"))
    assert found.doubly_robust is None and "100 are needed" in found.refusal


def test_what_the_log_never_tried_is_refused_in_a_sentence():
    group, log = simulate("ucb1", fixed(**WORTH), 500)
    assert "could not be chosen" in replayed(walked(group, log, fixed="a")).refusal


def test_a_log_of_which_much_is_unknown_is_refused():
    group, log = a_log(6)
    half = [replace(each, reward=None, told_at=None) if at % 2 else each for at, each in enumerate(log)]
    assert "never told of" in replayed(walked(group, half, fixed="b"), unknown=300).refusal
    assert "No decision" in replayed([]).refusal


def test_who_could_not_be_chosen_then_is_wanted_by_no_policy_and_is_no_reason_to_refuse():
    group, log = a_log(7)
    rested = [
        replace(each, probabilities={**each.probabilities, "c": 0.0}, left_out=frozenset("c")) if at % 3 else each
        for at, each in enumerate(log)
        if at % 3 == 0 or each.member != "c"
    ]
    assert not replayed(walked(group, rested)).refusal
    assert all("c" not in step.wanted for step in walked(group, rested) if step.logged.left_out)
    always = walked(group, rested, fixed="c")
    assert always and not any(step.logged.left_out for step in always)


def test_feedback_that_came_late_teaches_only_from_then_on():
    group = Group(name="g", members=("a", "b"), epsilon=0.0, half_life_s=0)
    evenly = {"a": 0.5, "b": 0.5}
    log = [
        Logged("a", evenly, 0.0, 0.0, 1.0),
        Logged("b", evenly, 1.0, 2.0, 10.0),
        Logged("a", evenly, 0.0, 5.0, 6.0),
        Logged("a", evenly, 0.0, 12.0, 13.0),
    ]
    wanted = [step.wanted for step in walked(group, log)]
    assert wanted[2] == {"a": 0.0, "b": 1.0} and wanted[3] == {"a": 0.0, "b": 1.0}
    assert wanted[0] == evenly


def test_decisions_among_others_are_left_out():
    group = Group(name="g", members=("a", "b"))
    log = [Logged("a", {"a": 0.5, "c": 0.5}, 1.0, 0.0), Logged("a", {"a": 0.5, "b": 0.5}, 1.0, 0.0)]
    assert same_members(log, group) == log[1:]


def test_the_interval_holds_for_values_that_depend_on_those_before():
    """Each value's mean hangs on the last value; the interval is for the mean of those means."""
    missed = 0
    for seed in range(300):
        random, last, values, means = Random(seed), 0.0, [], []
        for _ in range(400):
            p = 0.3 + 0.4 * last
            last = float(random.random() < p)
            values.append(last)
            means.append(p)
        low, high = interval(values, 0.0, 1.0)
        missed += not low <= mean(means) <= high
    assert missed <= 15
    assert interval([0.5] * 10_000, 0.0, 1.0)[1] - interval([0.5] * 10_000, 0.0, 1.0)[0] < 0.01


def test_the_effective_size_is_that_of_the_weights():
    assert effective_size([1.0] * 50) == 50 and effective_size([]) == 0
    assert effective_size([10.0] + [0.0] * 49) == 1
