"""What parsing answers, and what its parts hand to each other."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class ProblemKind(StrEnum):
    """Why something that looked like a call is none."""

    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    BAD_NAME = "bad_name"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_TOOL = "unknown_tool"
    PROVIDER_FAILED = "provider_failed"
    # The rest are notes: nothing was asked for, so nothing has failed.
    EXAMPLE = "example"
    THOUGHT = "thought"
    QUOTED_OUTPUT = "quoted_output"
    OF_OTHERS = "of_others"

    @property
    def is_failure(self) -> bool:
        """True where a call was meant and could not be made."""
        return self not in _NOTES


_NOTES = (ProblemKind.EXAMPLE, ProblemKind.THOUGHT, ProblemKind.QUOTED_OUTPUT, ProblemKind.OF_OTHERS)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not run. ``message`` says what to do; ``position`` is in characters of the text."""

    kind: ProblemKind
    message: str
    position: int = 0
    tool: str = ""  # the name asked for, where it could be read
    place: int | None = None  # which call of the message it was, counted from 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "message": self.message,
            "position": self.position,
            "tool": self.tool,
        }


@dataclass(frozen=True, slots=True)
class ParsedCall:
    """A call that a model asked for.

    It cannot be changed: ``arguments_json`` is what was read, and ``arguments`` is made of it anew at each access,
    so that what somebody approves is what runs.
    """

    name: str
    arguments_json: str
    call_id: str  # unique among the calls of a text
    original_id: str  # as the provider sent it, or ''
    repairs: tuple[str, ...]
    source_shape: str
    start: int
    end: int
    place: int = 0  # which call of the message it was, counted from 0; those of a wrapper share one

    @property
    def arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = json.loads(self.arguments_json)
        return arguments

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "arguments": self.arguments,
            "call_id": self.call_id,
            "original_id": self.original_id,
            "repairs": list(self.repairs),
            "source_shape": self.source_shape,
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True, slots=True)
class Parsed:
    """All calls of a text, what is left of it for people, and what was not run."""

    calls: Sequence[ParsedCall] = ()
    text: str = ""
    problems: Sequence[Problem] = ()

    @property
    def failures(self) -> list[Problem]:
        """The problems that stand for a call that was meant."""
        return [problem for problem in self.problems if problem.kind.is_failure]


@dataclass(slots=True)
class Draft:
    """A call as a shape found it: its name and arguments still as they were written."""

    name: Any
    arguments: Any
    shape: str
    call_id: Any = ""
    start: int = 0
    end: int = 0
    repairs: list[str] = field(default_factory=list)
    # Those arguments that are bare text, of whatever type (XML has none).
    untyped: frozenset[str] = frozenset()
    # The provider stopped before the end: empty arguments are then missing ones, which is a problem of this kind.
    cut_off: ProblemKind | None = None
    # None, or the language of the code fence that the call stands in; '' also for what only counts alone.
    fence: str | None = None


class Written(NamedTuple):
    """A text of a model inside a provider's JSON, and the repair that reading calls from it is."""

    text: str
    repair: str = ""
    is_searched: bool = True  # not what others wrote, nor a refusal


class Found(NamedTuple):
    """What a shape made of the text up to ``end``."""

    end: int
    drafts: Sequence[Draft] = ()
    problems: Sequence[Problem] = ()
    keep: bool = False  # it was text for people after all
    # Everything before it was thought too: its opening tag stood in the prompt.
    ends_thought: bool = False
    texts: Sequence[Written] = ()  # to be searched too


class Broken(Exception):
    """A structure that cannot be read to its end."""

    def __init__(self, kind: ProblemKind, message: str, position: int) -> None:
        super().__init__(message)
        self.kind = kind
        self.position = position
