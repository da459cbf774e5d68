"""What REST answers about dialects: the tools in one, and a call that came in one."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from rapidfuzz import process

from tools.decisions import live
from tools.definition.dialects import DIALECTS, Export, export
from tools.definition.registry import ToolRegistry
from tools.definition.tool import ToolDefinition
from tools.errors import InvalidArguments


def tools_in(dialect: str, registry: ToolRegistry, tools: Iterable[ToolDefinition[..., Any]]) -> dict[str, Any]:
    """*tools* as *dialect* wants them, with warnings and the names; those switched off are left out.

    Raises InvalidArguments for a dialect that nobody speaks.
    """
    check_dialect(dialect)
    policies = {tool.name: live.policy(tool) for tool in tools}
    shown = [registry.get(name) for name, policy in policies.items() if policy.enabled]
    descriptions = {name: policy.description for name, policy in policies.items()}
    names = _export_of_all(registry, tuple(registry.names()), dialect).names
    return export(shown, dialect, descriptions, names=names).as_dict()


def in_our_words(dialect: str, registry: ToolRegistry, name: str, payload: Any) -> tuple[str, Any]:
    """Our name and payload of a call in the words of *dialect*; without one it is in ours.

    Raises InvalidArguments for a dialect that nobody speaks.
    """
    check_dialect(dialect)
    if not dialect:
        return name, payload
    return _export_of_all(registry, tuple(registry.names()), dialect).read(name, payload)


def names_in(dialect: str, registry: ToolRegistry) -> Mapping[str, str]:
    """Our names of all tools by those of *dialect*. Raises InvalidArguments for a dialect that nobody speaks."""
    check_dialect(dialect)
    return _export_of_all(registry, tuple(registry.names()), dialect).names


@lru_cache(maxsize=16)
def _export_of_all(registry: ToolRegistry, names: tuple[str, ...], dialect: str) -> Export:
    """All tools at once, as two could want the same name. *names* tells states of the registry apart."""
    return export(registry, dialect)


def check_dialect(dialect: str) -> None:
    """Raises InvalidArguments for a dialect that nobody speaks; "" stands for our own words."""
    if dialect and dialect not in DIALECTS:
        close = process.extractOne(dialect, list(DIALECTS), score_cutoff=60)
        hint = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(DIALECTS)}"
        raise InvalidArguments(
            f"There is no dialect {dialect[:40]!r}: use one of {', '.join(map(repr, DIALECTS))}.", hint=hint
        )
