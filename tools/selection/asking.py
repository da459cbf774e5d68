"""What is asked of a selector: from names, features and ids as callers write them to groups and values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.conf import settings

from tools.errors import InvalidArguments
from tools.selection import live
from tools.selection.decision import values_of
from tools.selection.group import Group, members_of, name_of, shown
from tools.selection.members import closed_now
from tools.selection.policies import POLICIES


def asked_for(
    tool_group: Sequence[str] | str,
    features: Mapping[str, float],
    policy: str,
    closed: Callable[[Group], Mapping[str, str]] = closed_now,
) -> tuple[Group, tuple[float, ...]]:
    """The group, with what is closed of it, and the values of its features. Raises InvalidArguments."""
    if not isinstance(features, Mapping):
        raise InvalidArguments(f"{shown(features)} are no features: give a dict of numbers by their names.")
    group = group_of(tool_group, features, policy)
    values, out = values_of(group, features), closed(group)
    if len(out) == len(group.members):
        raise InvalidArguments(
            f"No member of the group {shown(group.name)} can be chosen: all are switched off or there are none of"
            " these names. Switch one on in the admin, or name others.",
            code="no_member",
        )
    return replace(group, closed=tuple(out.items())) if out else group, values


def group_of(tool_group: Sequence[str] | str, features: Mapping[str, float], policy: str) -> Group:
    """The group in the admin of that name or with those members; else one made up of them.

    Raises InvalidArguments where there is no such group or no such policy.
    """
    if isinstance(tool_group, str):
        found = live.named(tool_group)
        if found is None:
            what = shown(tool_group)
            raise InvalidArguments(f"There is no group {what}: name its members, or make it in the admin.")
    else:
        members = members_of(tool_group)
        found = live.of_members(members) or made_up(members, policy or ("contextual" if features else ""))
    return found.seen_with(features) if features else found


def made_up(members: tuple[str, ...], policy: str) -> Group:
    if policy and policy not in list(POLICIES):  # also what has no hash
        raise InvalidArguments(f"There is no policy {shown(policy)}: use one of {', '.join(POLICIES)}.")
    return Group(
        name=name_of(members),
        members=members,
        policy=policy or "epsilon_greedy",
        epsilon=settings.TOOL_BANDIT_EPSILON,
    )


def id_of(text: object) -> str:
    """The id of a decision as it is kept, however its letters were written; "" for what is none."""
    if not isinstance(text, str):
        return ""
    try:
        found = str(UUID(text))
    except ValueError:
        return ""
    return found if found == text.lower() else ""
