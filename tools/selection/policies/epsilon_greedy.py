"""The best so far, and in a share of choices any."""

from collections.abc import Sequence

from tools.selection.arms import Arms
from tools.selection.group import Group
from tools.selection.policies.base import Weighed, evenly, said, untried


def epsilon_greedy(group: Group, arms: Arms, features: Sequence[float]) -> Weighed:
    """Those without evidence come first. Of equals each is as likely."""
    if new := untried(arms):
        shares = evenly(arms, list(arms))
        first = evenly(arms, new)
        mixed = {name: group.epsilon * shares[name] + (1 - group.epsilon) * first[name] for name in arms}
        return Weighed(mixed, lambda name: _why_new(name, new))
    most = max(arm.mean for arm in arms.values())
    best = [name for name, arm in arms.items() if arm.mean == most]
    greedy = evenly(arms, best)
    mixed = {name: group.epsilon / len(arms) + (1 - group.epsilon) * greedy[name] for name in arms}

    def why(name: str) -> str:
        if name in best:
            return f"It has the best mean reward so far: {said(arms)}."
        return f"One of the {group.epsilon:.0%} of choices in which any is tried; best so far: {best[0]}."

    return Weighed(mixed, why)


def _why_new(name: str, new: Sequence[str]) -> str:
    if name in new:
        return "Nothing is known of it yet, or nothing that still counts: it is tried first."
    return f"Tried at random, while nothing is known of {', '.join(new)}."
