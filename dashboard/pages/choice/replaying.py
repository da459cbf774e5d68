"""What is asked of a replay, and what it says. Reads the log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings

from dashboard.addresses.periods import Window
from dashboard.pages.choice import queries
from tools.selection.group import Group, Weights
from tools.selection.models import LoggedDecision
from tools.selection.policies import POLICIES, policy_choices
from tools.selection.replay.estimates import Estimate, Replayed, replayed
from tools.selection.replay.walk import same_members, walked

ALWAYS = "always:"


@dataclass(frozen=True, slots=True)
class EstimateRow:
    name: str
    value: float
    bounds: tuple[float, float] | None
    says: str


def choices(group: Group) -> list[tuple[str, str]]:
    """The policies that can be replayed, as the form offers them."""
    fixed = [(f"{ALWAYS}{name}", f"Always {name}") for name in group.members]
    return [*policy_choices(), *fixed]


def asked(group: Group, name: str) -> tuple[Group, str] | None:
    """The group with that policy, and the member that is always chosen; None for what there is not."""
    if name.startswith(ALWAYS) and name.removeprefix(ALWAYS) in group.members:
        return group, name.removeprefix(ALWAYS)
    return (replace(group, policy=name), "") if name in POLICIES else None


def group_logged(name: str, row: LoggedDecision | None, group: Group | None) -> Group | None:
    """The group as it stands in the admin, else as its newest decision was made; None where there is neither."""
    if row is None:
        return group
    seen = group or Group(
        name=name,
        members=tuple(sorted(row.probabilities)),
        policy=row.policy,
        epsilon=settings.TOOL_BANDIT_EPSILON,
        half_life_s=row.half_life_s,
        weights=Weights(row.latency_weight, row.cost_weight),
        feedback_within_s=row.feedback_within_s,
    )
    return replace(seen, features=tuple(row.feature_names))


def said(window: Window, group: Group, fixed: str) -> Replayed:
    """The replay of ``group.policy`` over the newest decisions of the period."""
    log, unknown = queries.logged(window, group.name)
    return replayed(walked(group, same_members(log, group), fixed), unknown)


def rows(found: Replayed) -> list[EstimateRow]:
    words: Mapping[str, tuple[str, Estimate | None]] = {
        "Doubly robust": (
            "inverse propensity of what a mean by member does not explain: the one to go by",
            found.doubly_robust,
        ),
        "Inverse propensity (IPS)": ("each reward by how much likelier this policy had chosen so", found.ips),
        "Self-normalised (SNIPS)": (
            "the same by the sum of weights: steadier, a little biased; no interval holds for it here",
            found.snips,
        ),
        "Gain over what was done": ("doubly robust, less the rewards of the log", found.gain),
    }
    return [
        EstimateRow(name, estimate.value, estimate.bounds, says)
        for name, (says, estimate) in words.items()
        if estimate is not None
    ]
