"""Which tool a written name means. A name is never bent until it fits: what is not known is suggested, not run."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process

from tools.llm.parsing import repairs as names

# Namespaces that providers put before every tool's name.
_PREFIXES = ("functions.", "default_api.", "tools.", "function.")
_NAME = re.compile(r"[\w.:/-]{1,200}")
_NUMBERED = re.compile(r"(.+?):\d{1,6}")  # Kimi: functions.search:0
PARALLEL = frozenset({"multi_tool_use.parallel", "multi_tool_use", "functions.multi_tool_use.parallel"})
# Of 100; below it two names have little in common.
SIMILAR = 60

# The names of the tools that may be called, or these with the JSON Schema of their parameters; None: any.
Known = Collection[str] | None


def tool_name(written: Any, known: Known) -> tuple[str, list[str]] | None:
    """The name of the tool that *written* means and what was repaired; None if it is no name."""
    if not isinstance(written, str):
        return None
    name = written.strip().strip("\"'`")
    if not _NAME.fullmatch(name):
        return None
    if known is not None and name in known:
        return name, []
    for shorter in _without_namespace(name):
        if known is None or shorter in known:
            return shorter, [names.NAME_PREFIX]
    return name, []


def _without_namespace(name: str) -> list[str]:
    found = [name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)]
    numbered = [match[1] for short in found if (match := _NUMBERED.fullmatch(short))]
    return [short for short in (*numbered, *found) if short]


def is_known(name: str, known: Known) -> bool:
    return known is None or name in known


def unknown_message(name: str, known: Known) -> str:
    """That there is no tool *name*, and which names are like it."""
    close = nearest(name, tuple(sorted(known or ())))
    if not close:
        return f"There is no tool {name[:80]!r}: call one of the tools that were offered."
    return f"There is no tool {name[:80]!r}. Did you mean {' or '.join(repr(match) for match in close)}?"


@lru_cache(maxsize=256)
def nearest(name: str, known: tuple[str, ...]) -> list[str]:
    last = re.split(r"[.:/]", name)[-1]
    found: dict[str, None] = {}
    for wanted in (name, last):
        for match, _, _ in process.extract(wanted, known, scorer=fuzz.ratio, limit=3, score_cutoff=SIMILAR):
            found[match] = None
    return list(found)[:3]


def schema_of(name: str, known: Known) -> Mapping[str, Any] | None:
    """The JSON Schema of the tool's parameters, where *known* says it."""
    schema = known.get(name) if isinstance(known, Mapping) else None
    return schema if isinstance(schema, Mapping) else None
