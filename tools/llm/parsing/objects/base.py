"""What a shape of object is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tools.llm.parsing.parsed import Draft, Problem, ProblemKind, Written


class Native(NamedTuple):
    """What is in an object: calls, problems, and texts that a model wrote beside them."""

    drafts: Sequence[Draft] = ()
    problems: Sequence[Problem] = ()
    texts: Sequence[Written] = ()


# Answers None for an object that is not of its shape.
ObjectShape = Callable[[Mapping[str, Any]], Native | None]


def failed(message: str) -> Native:
    """The provider says that its model failed."""
    return Native(problems=[Problem(ProblemKind.PROVIDER_FAILED, message)])


def together(parts: Sequence[Native | None]) -> Native:
    """All that *parts* hold, in their order."""
    found = [part for part in parts if part is not None]
    return Native(
        [draft for part in found for draft in part.drafts],
        [problem for part in found for problem in part.problems],
        [text for part in found for text in part.texts],
    )


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list, or none."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
