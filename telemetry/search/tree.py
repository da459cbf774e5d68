"""The tree that a query is, and its one way to be written. Plain Python.

``all_of``, ``any_of`` and ``negation`` make the inner nodes, so that what means the same looks the same: nothing
double, nothing of one part, no "not not".
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from telemetry.search.errors import SearchError

MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Equals:
    """The very text; of texts that are searched, the words in this order."""

    text: str


@dataclass(frozen=True, slots=True)
class Like:
    """A text with ``*`` for anything."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Between:
    """Numbers in the unit of their column; None is no bound. Only a single bound may be open (``>``, ``<``)."""

    low: float | None
    high: float | None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """Any value at all."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment or a day, as text: what "2h" means depends on when one asks."""

    text: str


Test = Equals | Like | Between | Present | Moment


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: what *key* (of ``attr``: of the attribute) has to be."""

    key: str
    test: Test
    attribute: str = ""
    position: int = field(default=0, compare=False, repr=False)
    length: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"
    depth: int = field(default=1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of *parts*; of none: everything."""

    parts: "tuple[Node, ...]"
    depth: int = field(default=1, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    parts: "tuple[Node, ...]"
    depth: int = field(default=1, compare=False, repr=False)


Node = Term | Not | And | Or
EVERYTHING = And(())


def all_of(*nodes: Node) -> Node:
    """What all of *nodes* match."""
    parts = tuple(part for node in nodes for part in (node.parts if isinstance(node, And) else (node,)))
    return parts[0] if len(parts) == 1 else And(parts, _depth(parts))


def any_of(*nodes: Node) -> Node:
    """What one of *nodes* matches, of which there is at least one."""
    parts = tuple(part for node in nodes for part in (node.parts if isinstance(node, Or) else (node,)))
    return parts[0] if len(parts) == 1 else Or(parts, _depth(parts))


def negation(node: Node) -> Node:
    return node.part if isinstance(node, Not) else Not(node, _depth((node,)))


def terms(node: Node) -> Iterator[Term]:
    """The terms of *node* from left to right."""
    match node:
        case Term():
            yield node
        case Not(part):
            yield from terms(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from terms(part)


def replaced(node: Node, replace: Callable[[Term], Node]) -> Node:
    """*node* with each of its terms replaced."""
    match node:
        case Term():
            return replace(node)
        case Not(negated):
            return negation(replaced(negated, replace))
        case And(parts):
            return all_of(*(replaced(part, replace) for part in parts))
        case Or(parts):
            return any_of(*(replaced(part, replace) for part in parts))


def written(node: Node, write_test: Callable[[Term], str]) -> str:
    """*node* as a text that parses to the same; *write_test* writes a term."""
    match node:
        case Term():
            return write_test(node)
        case Not(part):
            return f"not {_grouped(part, write_test)}"
        case And(parts):
            return " ".join(_grouped(part, write_test) for part in parts)
        case Or(parts):
            return " or ".join(_grouped(part, write_test) for part in parts)


def text_of(test: Test) -> str:
    """The text that *test* is about; of a test on numbers, none."""
    match test:
        case Equals(text) | Like(text) | Moment(text):
            return text
    return ""


def quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _grouped(node: Node, write_test: Callable[[Term], str]) -> str:
    text = written(node, write_test)
    return f"({text})" if isinstance(node, And | Or) else text


def _depth(parts: tuple[Node, ...]) -> int:
    depth = 1 + max((part.depth for part in parts if not isinstance(part, Term)), default=0)
    if depth > MAX_DEPTH:
        raise SearchError(f"The query is nested more than {MAX_DEPTH} deep: leave some brackets out.")
    return depth
