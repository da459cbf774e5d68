"""What each policy comes to, by simulation."""

import pytest

from tests.tools.selection.simulation import fixed, regret, share, simulate
from tools.selection.arms import Arm, row_of
from tools.selection.group import Group, Weights
from tools.selection.policies import POLICIES, choose
from tools.selection.policies.best_of import Beta, Normal, probabilities
from tools.selection.reward import Told, reward

WORTH = {"a": 0.5, "b": 0.75, "c": 0.35}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("policy", POLICIES)
def test_it_finds_the_best(policy, seed):
    _, log = simulate(policy, fixed(**WORTH), 1500, seed=seed)
    assert share(log[-500:], "b") > 0.8


@pytest.mark.parametrize("policy", ["ucb1", "thompson"])
def test_regret_grows_ever_slower_and_stays_below_that_of_choosing_evenly(policy):
    """Epsilon-greedy goes on exploring at the same rate: its regret is linear, at a tenth of choosing evenly."""
    _, log = simulate(policy, fixed(**WORTH), 4000, seed=5)
    sums = regret(log, WORTH)
    evenly = sum(max(WORTH.values()) - worth for worth in WORTH.values()) / len(WORTH)
    assert sums[3999] - sums[1999] < 0.6 * sums[1999]
    assert sums[3999] < 0.15 * evenly * 4000


def test_regret_of_epsilon_greedy_is_its_share_of_choosing_evenly():
    _, log = simulate("epsilon_greedy", fixed(**WORTH), 4000, seed=5)
    evenly = sum(max(WORTH.values()) - worth for worth in WORTH.values()) / len(WORTH)
    assert regret(log, WORTH)[3999] < 0.2 * evenly * 4000


@pytest.mark.parametrize("policy", ["epsilon_greedy", "thompson", "contextual"])
def test_evidence_that_fades_follows_a_change(policy):
    def truth(member, case, number):
        before, after = {"a": 0.8, "b": 0.4}, {"a": 0.2, "b": 0.8}
        return before if member is None else (before if number < 1000 else after)[member]

    _, fading = simulate(policy, truth, 1600, seed=4, half_life_s=100 * 60)
    _, lasting = simulate(policy, truth, 1600, seed=4)
    assert share(fading[800:1000], "a") > 0.7 and share(fading[1300:], "b") > 0.7
    assert share(fading[1000:1300], "b") > share(lasting[1000:1300], "b")


def test_the_bonus_of_ucb1_follows_a_change_by_itself_and_fading_keeps_it_trying():
    def truth(member, case, number):
        before, after = {"a": 0.8, "b": 0.4}, {"a": 0.8, "b": 0.95}
        return before if member is None else (before if number < 4000 else after)[member]

    _, fading = simulate("ucb1", truth, 4400, seed=4, half_life_s=100 * 60)
    _, lasting = simulate("ucb1", truth, 4400, seed=4)
    assert share(fading[4000:], "b") > share(lasting[4000:], "b")


def test_features_tell_which_is_best_here():
    def truth(member, case, number):
        either = {"a": 0.5, "b": 0.5}
        return either if member is None else 0.9 if (member == "a") == bool(case[0]) else 0.2

    _, log = simulate("contextual", truth, 1200, seed=2, features=("long", "german"))
    assert sum((each.member == "a") == bool(each.features[0]) for each in log[-400:]) > 350


def test_the_probability_of_being_the_best_is_as_drawing_says():
    numpy = pytest.importorskip("numpy")
    random = numpy.random.default_rng(0)
    betas = [Beta(3, 5), Beta(5, 3), Beta(1, 1), Beta(40, 41)]
    drawn = numpy.stack([random.beta(each.a, each.b, 400_000) for each in betas]).argmax(0)
    assert probabilities(betas) == pytest.approx(list(numpy.bincount(drawn, minlength=4) / 400_000), abs=0.003)
    normals = [Normal(0.5, 0.1), Normal(0.6, 0.3), Normal(-1, 0.01)]
    drawn = numpy.stack([random.normal(each.mean, each.sd, 400_000) for each in normals]).argmax(0)
    assert probabilities(normals) == pytest.approx(list(numpy.bincount(drawn, minlength=3) / 400_000), abs=0.003)


@pytest.mark.parametrize(
    "beliefs",
    [
        [Beta(1e6, 1), Beta(1, 1e6)],
        [Beta(1, 1), Beta(5e5, 5e5)],
        [Normal(0.5, 0.0), Normal(0.5, 0.0)],
        [Normal(1e6, 1), Normal(0, 1e-9)],
        [Beta(1, 1)],
    ],
)
def test_probabilities_are_such_also_of_beliefs_that_are_far_apart(beliefs):
    found = probabilities(beliefs)
    assert sum(found) == pytest.approx(1) and all(0 <= share <= 1 for share in found)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_drawn_is_drawn_by_the_probabilities_that_are_logged(policy):
    group = Group(name="g", members=("a", "b", "c"), policy=policy)
    sums = {"a": (20.0, 10.0, 10.0), "b": (22.0, 13.0, 13.0), "c": (4.0, 2.0, 2.0)}
    arms = {name: Arm(each) for name, each in sums.items()}
    points = [(number + 0.5) / 1000 for number in range(1000)]
    drawn = [choose(group, arms, (), lambda point=point: point) for point in points]
    for name, probability in drawn[0].probabilities.items():
        assert sum(choice.member == name for choice in drawn) / 1000 == pytest.approx(probability, abs=0.002)
    assert all(choice.reason and choice.propensity > 0 for choice in drawn)


@pytest.mark.parametrize("policy", POLICIES)
def test_one_member_is_always_chosen(policy):
    choice = choose(Group(name="g", members=("a",), policy=policy), {"a": Arm()}, (), lambda: 0.99)
    assert (choice.member, choice.propensity) == ("a", 1.0)


def test_a_slow_and_dear_success_is_worth_less():
    weights = Weights(latency_per_s=0.1, cost_per_usd=2.0)
    assert reward(Told(True, 1500.0, 0.05), weights) == pytest.approx(1 - 0.15 - 0.1)
    assert reward(Told(True), weights) == 1 and reward(Told(False, 20_000.0), weights) == -1


def test_thompson_with_penalties_prefers_the_faster_of_two_that_succeed():
    group = Group(name="g", members=("a", "b"), policy="thompson", weights=Weights(latency_per_s=0.5))
    arms = {"a": Arm(), "b": Arm()}
    for number in range(40):
        arms["a"] = arms["a"].with_one(row_of(0.9), number, 0)
        arms["b"] = arms["b"].with_one(row_of(0.5 + 0.2 * (number % 2)), number, 0)
    assert choose(group, arms, (), lambda: 0.5).probabilities["a"] > 0.95
