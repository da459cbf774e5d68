"""What a group's members may be, and which of their names there are."""

from collections.abc import Callable, Iterable, Sequence

from django.apps import apps

KINDS = {"tool": "Tool", "deployment": "Deployment", "prompt": "Variant of a prompt", "other": "Something else"}


def unknown_members(kind: str, members: Sequence[str]) -> list[str]:
    """Those of *members* that there are not; none where nobody knows what there is."""
    there = THERE.get(kind)
    if there is None:
        return []
    known = set(there(members))
    return [name for name in members if name not in known]


def _tools(members: Sequence[str]) -> Iterable[str]:
    from tools.running.runtime import tool_names  # processes that have no calls to make do without

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
