"""By which group of the admin a deployment or what a prompt says is chosen. Without a query."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from tools.llm.prompts.families import Family, Key, Rung
from tools.selection import live
from tools.selection.group import Group
from tools.selection.members import prompt_of


class Named(NamedTuple):
    """What a member stands for: a prompt's version, ``coach@3``, or a variant, ``coach/detailed/simple``."""

    prompt: str
    number: int = 0
    key: Key | None = None


def of_deployments(first: str, beside: Collection[str]) -> Group | None:
    """The group that chooses between *first* and at least one more of those *beside* it in its rank."""
    for _, group in sorted(live.current().items()):
        if group.kind == "deployment" and first in group.members and len(set(group.members) & {*beside}) > 1:
            return group
    return None


def of_prompts() -> Mapping[str, Group]:
    """By its name, each prompt that a group chooses the words of; the first of two groups by name."""
    found: dict[str, Group] = {}
    for _, group in sorted(live.current().items()):
        prompts = {prompt_of(member) for member in group.members}
        if group.kind == "prompt" and len(prompts) == 1:
            found.setdefault(prompts.pop(), group)
    return found


def read(member: str) -> Named | None:
    """None for what names neither a version nor a variant."""
    prompt, at, number = member.partition("@")
    if at:
        return Named(prompt, int(number)) if number.isascii() and number.isdecimal() else None
    try:
        prompt, family, rung = member.split("/")
        return Named(prompt, key=(Family(family), Rung(rung)))
    except ValueError:
        return None
