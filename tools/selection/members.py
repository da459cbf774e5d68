"""What a group's members may be, and which of their names there are."""

import re
from collections.abc import Callable, Mapping, Sequence

from django.apps import apps

from tools.decisions import live as decided
from tools.selection.group import Group

KINDS = {"tool": "Tool", "deployment": "Deployment", "prompt": "Variant of a prompt", "other": "Something else"}
NUMBERED = re.compile(r"[^@/]+@[0-9]{1,9}")
NOT_THERE, SWITCHED_OFF = "there is none of this name", "switched off"


def unknown_members(kind: str, members: Sequence[str]) -> list[str]:
    """Those of *members* that there are not; none where nobody knows what there is."""
    return [name for name, why in stored_as_closed(kind, members) if why == NOT_THERE]


def stored_as_closed(kind: str, members: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Those of *members* that cannot be chosen as they are stored, and why. A query, of prompts two."""
    if kind not in THERE:
        return ()
    there = THERE[kind](members)
    return tuple((name, why) for name in members if (why := there.get(name, NOT_THERE)))


def closed_now(group: Group) -> dict[str, str]:
    """The members that cannot be chosen, and why: without a query. Also tools that are off, in code or by hand."""
    off = [name for name in group.members if is_off(name)] if group.kind in ("", "tool") else []
    return {**dict.fromkeys(off, SWITCHED_OFF), **dict(group.closed)}


def is_off(tool: str) -> bool:
    """Whether *tool* may not be called now; one that is registered elsewhere is off by an admin's hand alone."""
    from tools.running.runtime import registered  # processes that have no calls to make do without

    registry = registered()
    if tool in registry:
        return not decided.policy(registry.get(tool)).enabled
    return decided.current().edits.get(tool, {}).get("enabled") is False


def _tools(members: Sequence[str]) -> Mapping[str, str]:
    from tools.running.runtime import tool_names

    return dict.fromkeys(tool_names(), "")


def _deployments(members: Sequence[str]) -> Mapping[str, str]:
    named = apps.get_model("providers", "Deployment")._default_manager.filter(name__in=members)
    return {name: "" if enabled else SWITCHED_OFF for name, enabled in named.values_list("name", "enabled")}


def _prompts(members: Sequence[str]) -> Mapping[str, str]:
    """Versions, ``coach@3``, and variants that some version has, ``coach/detailed/simple``."""
    prompts = {prompt_of(name) for name in members}
    there: dict[str, str] = {}
    if numbers := {name.partition("@")[2] for name in members if NUMBERED.fullmatch(name)}:
        versions = apps.get_model("prompts", "PromptVersion")._default_manager
        named = versions.filter(prompt__name__in=prompts, number__in=numbers)
        there |= {f"{prompt}@{number}": "" for prompt, number in named.values_list("prompt__name", "number")}
    if any("/" in name for name in members):
        variants = apps.get_model("prompts", "Variant")._default_manager.filter(version__prompt__name__in=prompts)
        fields = ("version__prompt__name", "family", "rung")
        there |= dict.fromkeys(map("/".join, variants.order_by().values_list(*fields).distinct()), "")
    return there


def prompt_of(member: str) -> str:
    """Whose version or variant *member* is."""
    return re.split("[@/]", member, maxsplit=1)[0]


# By kind, of what there is of *members* at least: why it cannot be chosen, "" where it can.
THERE: dict[str, Callable[[Sequence[str]], Mapping[str, str]]] = {
    "tool": _tools,
    "deployment": _deployments,
    "prompt": _prompts,
}
