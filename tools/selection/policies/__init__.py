"""The policies by which one of several is chosen: a file each, and a line here."""

from collections.abc import Callable, Sequence

from tools.selection.arms import Arms
from tools.selection.group import Group
from tools.selection.policies.base import Choice, Policy, draw
from tools.selection.policies.contextual import contextual
from tools.selection.policies.epsilon_greedy import epsilon_greedy
from tools.selection.policies.thompson import thompson
from tools.selection.policies.ucb1 import ucb1

# What it is called, and what an admin reads of it.
POLICIES: dict[str, tuple[Policy, str]] = {
    "epsilon_greedy": (epsilon_greedy, "Epsilon-greedy: the best so far, at times any"),
    "ucb1": (ucb1, "UCB1: the one that could be the best"),
    "thompson": (thompson, "Thompson sampling: each as often as it may be the best"),
    "contextual": (contextual, "Contextual: Thompson sampling by the features of the case"),
}


def choose(group: Group, arms: Arms, features: Sequence[float], random: Callable[[], float]) -> Choice:
    """One member of *group*, by its policy; *arms* in its order, faded to now.

    Of those that are closed none is chosen, and the reason names them.
    """
    closed = dict(group.closed)
    among = {name: arm for name, arm in arms.items() if name not in closed}
    choice = draw(POLICIES[group.policy][0](group, among, features), random)
    if not closed:
        return choice
    out = ", ".join(f"{name} ({why})" for name, why in closed.items())
    shares = {name: choice.probabilities.get(name, 0.0) for name in arms}
    return Choice(choice.member, shares, f"{choice.reason} Left out: {out}.")


def policy_choices() -> list[tuple[str, str]]:
    return [(name, words) for name, (_, words) in POLICIES.items()]
