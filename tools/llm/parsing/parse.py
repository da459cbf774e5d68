"""The front door: a text or a provider's message in, calls out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tools.llm.parsing.judge import Verdict
from tools.llm.parsing.names import Known
from tools.llm.parsing.objects import Native, named_in, native_of, of_list, unread
from tools.llm.parsing.parsed import Draft, Parsed, Problem, Written
from tools.llm.parsing.scan import scan

# An error of a provider may hold a text, which may hold an object, and so on.
MAX_LEVELS = 3


def parse_calls(message: str | Mapping[str, Any] | Sequence[Any], *, known: Known = None) -> Parsed:
    """The calls in *message*: a text, or a provider's message, response or list of blocks as JSON-like objects.

    *known* are the names of the tools there are, best as a mapping to the JSON Schemas of their parameters; a call
    of any other is a problem. Never raises, whatever a model wrote, and takes time in proportion to its length.
    """
    known = {known} if isinstance(known, str) else known
    return _judged(*_found(message, known), known)


def parse_native(native: Native, *, known: Known = None) -> Parsed:
    """The calls in what a stream gathered."""
    return _judged(*_with_texts(native, native.texts, known, 0), known)


def _judged(drafts: Sequence[Draft], problems: Sequence[Problem], texts: Sequence[str], known: Known) -> Parsed:
    verdict = Verdict(known)
    verdict.judge(drafts)
    for problem in problems:
        verdict.report(problem)
    return Parsed(tuple(verdict.calls), "\n".join(text for text in texts if text), tuple(verdict.problems))


def _found(message: Any, known: Known) -> tuple[list[Draft], list[Problem], list[str]]:
    if isinstance(message, str):
        return _in_text(message, known)
    if isinstance(message, Mapping):
        native = native_of(message) or named_in(message, known) or unread(message)
    elif isinstance(message, Sequence):
        values = list(message)
        native = of_list(values) or named_in(values, known) or unread(values)
    else:
        native = None
    native = native or Native()
    return _with_texts(native, native.texts, known, 0)


def _in_text(written: str, known: Known, level: int = 0) -> tuple[list[Draft], list[Problem], list[str]]:
    found = scan(written, known)
    for draft in found.drafts:
        draft.start, draft.end = max(0, draft.start - 1), draft.end - 1
    problems = [replace(problem, position=max(0, problem.position - 1)) for problem in found.problems]
    native = Native(found.drafts, problems, [])
    drafts, problems, texts = _with_texts(native, found.nested, known, level)
    return drafts, problems, [found.rest, *texts]


def _with_texts(
    native: Native, texts: Sequence[Written], known: Known, level: int
) -> tuple[list[Draft], list[Problem], list[str]]:
    """What *native* holds, and what its texts hold where it holds no calls itself; of several answers the first
    that has calls."""
    drafts, problems, left = list(native.drafts), list(native.problems), []
    for text, repair, is_searched in texts:
        if is_searched and not native.drafts and level < MAX_LEVELS:
            more, worse, rest = _in_text(text, known, level + 1)
            for draft in more:
                draft.repairs += [repair] if repair else []
            drafts += more
            problems += worse
            left += rest
        else:
            left.append(text)
    if not drafts:
        for other in native.others:
            found = _with_texts(other, other.texts, known, level)
            if found[0]:
                return found
    return drafts, problems, left
