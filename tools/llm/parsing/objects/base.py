"""What a shape of object is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tools.llm.parsing.objects.ends import is_failure, stopped
from tools.llm.parsing.parsed import Draft, Problem, ProblemKind, Written


class Native(NamedTuple):
    """What is in an object: calls, problems, and texts that a model wrote beside them."""

    drafts: Sequence[Draft] = ()
    problems: Sequence[Problem] = ()
    texts: Sequence[Written] = ()
    # Other answers to the same question: the first of all that has calls is the one.
    others: Sequence["Native"] = ()


# Answers None for an object that is not of its shape.
ObjectShape = Callable[[Mapping[str, Any]], Native | None]


def failed(message: str) -> Native:
    """The provider says that its model failed."""
    return Native(problems=[Problem(ProblemKind.PROVIDER_FAILED, message)])


def first_of(answers: Sequence[Native | None]) -> Native | None:
    """The first of *answers*, which stand for each other, with the rest behind it."""
    found = [answer for answer in answers if answer is not None]
    return found[0]._replace(others=found[1:]) if found else None


def with_calls(native: Native) -> Native:
    """That one of the answers in *native* which has calls; the first where none has."""
    return next((one for one in (native, *native.others) if one.drafts), native)


def ended(native: Native | None, reason: str) -> Native | None:
    """*native*, an answer that ended for that *reason*; a failure where its provider let it say nothing."""
    if is_failure(reason) or (stopped(reason) is ProblemKind.PROVIDER_FAILED and not _says_anything(native)):
        return refused(reason)
    return native


def refused(reason: str) -> Native:
    """The provider let its model say nothing, for that *reason*."""
    return failed(f"The provider says {reason}, so nothing was run: ask it again, perhaps in other words.")


def _says_anything(native: Native | None) -> bool:
    return native is not None and bool(native.drafts or any(text.text.strip() for text in native.texts))


def texts_of(content: Any) -> list[Written]:
    """The texts of a message's content: text, or a list of parts."""
    if isinstance(content, str):
        return [Written(content)]
    return [Written(part["text"]) for part in objects(content) if isinstance(part.get("text"), str)]


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
