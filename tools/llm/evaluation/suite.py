"""What a suite is: cases, what each expects, and the bounds it has. Values. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tools.llm.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A call that has to come. ``exact``: with these arguments and no others. ``or_else`` would do as well."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    exact: bool = False
    optional: bool = False
    or_else: tuple["Expected", ...] = ()

    @property
    def ways(self) -> tuple["Expected", ...]:
        return (self, *self.or_else)

    def __str__(self) -> str:
        return " or ".join(each.tool for each in self.ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the turn of a case may take at most; None: as much as it likes."""

    usd: float | None = None
    latency_ms: float | None = None
    tokens: int | None = None
    rounds: int | None = None


NO_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conversation, the tools that are offered, and what the model shall do.

    ``results`` is what each tool answers, by its name: one value, or a list of which each call has the next; no
    tool is really run. ``answer`` is what the last words have to match.
    """

    name: str
    said: Transcript
    tools: tuple[str, ...]
    expected: tuple[Expected, ...] = ()
    no_call: bool = False
    forbidden: tuple[str, ...] = ()
    in_order: bool = False
    more_calls: bool = False  # calls that nobody expects are allowed
    answer: str = ""
    results: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    bounds: Bounds = NO_BOUNDS
    tags: frozenset[str] = frozenset()

    def digest(self, system: str = "") -> str:
        """The same for the same case: two runs can be compared by it."""
        said = [[message.role.value, [_plain(part) for part in message.parts]] for message in self.said]
        rest = {name: value for name, value in asdict(self).items() if name not in ("said", "name")}
        text = json.dumps([said, rest, system], sort_keys=True, default=_sorted)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Cases under one name. ``prompt`` is the prompt that the models are told, or ``system`` just these words."""

    name: str
    cases: tuple[Case, ...]
    about: str = ""
    prompt: str = ""
    system: str = ""
    role: str = "coach"

    def with_tags(self, tags: Sequence[str]) -> "Suite":
        """The same with only the cases that have one of *tags*; all of them where none is said."""
        kept = tuple(case for case in self.cases if not tags or case.tags & set(tags))
        return replace(self, cases=kept)


def _plain(part: Any) -> Any:
    """*part* of a message without the ids that are made anew each time."""
    return {name: value for name, value in asdict(part).items() if name not in ("call_id", "vendor_id")}


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)
