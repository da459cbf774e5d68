"""A policy on its own, against members whose worth is known; seeds fixed, no clock and no store."""

from random import Random

from tools.selection.arms import Arm, row_of, width
from tools.selection.group import Group
from tools.selection.policies import choose
from tools.selection.replay.walk import Logged

STEP_S = 60.0


def simulate(policy, truth, rounds, *, seed=1, half_life_s=0.0, epsilon=0.1, features=()):
    """The logged decisions. *truth(member, case, round)* is the probability of success."""
    members = tuple("abc"[: len(truth(None, None, None))])
    group = Group(
        name="g",
        members=members,
        policy=policy,
        half_life_s=half_life_s,
        epsilon=epsilon,
        features=tuple(features),
    )
    random, arms = Random(seed), dict.fromkeys(members, Arm((0.0,) * width(len(features))))
    log = []
    for number in range(rounds):
        now = number * STEP_S
        case = tuple(float(random.random() < 0.5) for _ in features)
        faded = {name: arm.faded(now, half_life_s) for name, arm in arms.items()}
        choice = choose(group, faded, case, random.random)
        good = float(random.random() < truth(choice.member, case, number))
        arms[choice.member] = arms[choice.member].with_one(row_of(good, case), now, half_life_s)
        log.append(Logged(choice.member, choice.probabilities, good, now, now + 1, case))
    return group, log


def fixed(**worth):
    """The truth that is always the same."""
    return lambda member, case, number: worth if member is None else worth[member]


def share(log, member):
    return sum(each.member == member for each in log) / len(log)


def regret(log, worth):
    """What was missed against always choosing the best, after each decision."""
    best, total, sums = max(worth.values()), 0.0, []
    for each in log:
        total += best - worth[each.member]
        sums.append(total)
    return sums
