"""What a tool's code says of its results: who may share them, which calls are kept, what they depend on."""

import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tools.definition.schema import ToolSchema

Arguments = Mapping[str, Any]
# Tags of a call, by its arguments and its result (None where it failed).
TagsOf = Callable[[Arguments, Any], Iterable[str]]
# Templates over the arguments such as "customer:{customer_id}", or a function.
Tags = str | Iterable[str] | TagsOf


class CacheScope(StrEnum):
    """Who is given the same result. Each is narrower than the next."""

    SESSION = "session"  # one caller in one session
    CALLER = "caller"  # one caller of one role, in all its sessions
    ROLE = "role"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class CacheRules:
    """``scope`` None: each session its own where the tool sees its caller, else everybody the same."""

    scope: CacheScope | None = None
    when: Callable[[Arguments], bool] | None = None  # whether a call only reads; None: each does
    reads: TagsOf | None = None  # what its result depends on
    writes: TagsOf | None = None  # what it changes
    semantic: str = ""  # the argument that may be asked in other words; "": none


def make_rules(options: dict[str, Any], schema: ToolSchema | None, faults: list[str]) -> CacheRules:
    """The rules of *options* (taken out of it); what is wrong with them is added to *faults*."""
    known = set(schema.parameters.get("properties", ())) if schema else set()
    scope, semantic = options.pop("cache_scope", None), options.pop("semantic", "")
    if scope is not None and scope not in list(CacheScope):
        faults.append(f"cache_scope={scope!r} is none of {', '.join(CacheScope)}")
        scope = None
    if schema and semantic and semantic not in known:
        faults.append(f"semantic={semantic!r} names no parameter: it takes {', '.join(sorted(known))}")
    tags = {name: _tags_of(options.pop(name, None)) for name in ("reads", "writes")}
    for name, (_, named) in tags.items():
        if schema and (unknown := named - known):
            faults.append(f"{name} names no parameter by {', '.join(map(repr, sorted(unknown)))}")
    return CacheRules(
        scope=None if scope is None else CacheScope(scope),
        when=options.pop("cache_when", None),
        reads=tags["reads"][0],
        writes=tags["writes"][0],
        semantic=semantic,
    )


def _tags_of(tags: Tags | None) -> tuple[TagsOf | None, set[str]]:
    """*tags* as a function, and the parameters that templates name."""
    if tags is None or callable(tags):
        return tags, set()
    templates = [tags] if isinstance(tags, str) else list(tags)
    named = {name for template in templates for _, name, _, _ in string.Formatter().parse(template) if name}
    return (lambda arguments, result: _filled(templates, arguments)), named


def _filled(templates: Iterable[str], arguments: Arguments) -> list[str]:
    """Without those that name an argument that was not given."""
    given = {name: value for name, value in arguments.items() if value is not None}
    tags = []
    for template in templates:
        try:
            tags.append(template.format_map(given))
        except KeyError:
            continue
    return tags
