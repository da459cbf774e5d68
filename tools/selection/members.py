"""What a group's members may be, and which of their names there are."""

from collections.abc import Callable, Iterable, Sequence

from django.apps import apps

from tools.decisions import live as decided
from tools.selection.group import Group

KINDS = {"tool": "Tool", "deployment": "Deployment", "prompt": "Variant of a prompt", "other": "Something else"}
NOT_THERE, SWITCHED_OFF = "there is none of this name", "switched off"


def unknown_members(kind: str, members: Sequence[str]) -> list[str]:
    """Those of *members* that there are not; none where nobody knows what there is."""
    there = THERE.get(kind)
    if there is None:
        return []
    known = set(there(members))
    return [name for name in members if name not in known]


def stored_as_closed(kind: str, members: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Those of *members* that there are not, and deployments that are switched off. One query, of tools none."""
    closed = dict.fromkeys(unknown_members(kind, members), NOT_THERE)
    if kind == "deployment":
        off = apps.get_model("providers", "Deployment")._default_manager.filter(enabled=False, name__in=members)
        closed |= dict.fromkeys(off.values_list("name", flat=True), SWITCHED_OFF)
    return tuple(closed.items())


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


def _tools(members: Sequence[str]) -> Iterable[str]:
    from tools.running.runtime import tool_names

    return tool_names()


def _deployments(members: Sequence[str]) -> Iterable[str]:
    model = apps.get_model("providers", "Deployment")
    return [str(name) for name in model._default_manager.values_list("name", flat=True)]


def _prompts(members: Sequence[str]) -> Iterable[str]:
    """A variant is ``coach@3`` or ``coach/detailed/simple``: its prompt has to be there."""
    model = apps.get_model("prompts", "Prompt")
    there = set(model._default_manager.values_list("name", flat=True))
    return [name for name in members if name.split("@")[0].split("/")[0] in there]


THERE: dict[str, Callable[[Sequence[str]], Iterable[str]]] = {
    "tool": _tools,
    "deployment": _deployments,
    "prompt": _prompts,
}
