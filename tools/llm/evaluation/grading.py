"""Whether a model did what a case expects. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tools.llm.evaluation.matching import holds, pairs, way_of
from tools.llm.evaluation.suite import Bounds, Case, Expected

MOST_SHOWN_CHARS = 200


class Wrong(StrEnum):
    """What can be wrong with a turn, calls first."""

    UNREADABLE = "unreadable"  # nobody can read the call
    UNKNOWN_TOOL = "unknown_tool"
    REFUSED = "refused"  # its arguments do not fit the tool's schema
    ARGUMENTS = "arguments"  # they fit, and are not what was wanted
    MISSING = "missing"
    EXTRA = "extra"
    FORBIDDEN = "forbidden"
    ORDER = "order"
    ANSWER = "answer"
    COST = "cost"
    LATENCY = "latency"
    TOKENS = "tokens"
    ROUNDS = "rounds"
    ERROR = "error"  # the model could not be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that the model made. ``wrong`` says why it was none, ``said`` in words; None for one that runs."""

    tool: str
    arguments: Mapping[str, Any]
    wrong: Wrong | None = None
    said: str = ""

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.tool}({given})"[:MOST_SHOWN_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """What came of a case: its calls in their order, the last words, and what all took."""

    calls: Sequence[Made] = ()
    text: str = ""
    usd: float = 0.0
    latency_ms: float = 0.0
    tokens: int = 0
    rounds: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """``first_try``: without a call that was none. ``why`` has a sentence for each thing that is wrong."""

    passed: bool
    first_try: bool
    wrong: Mapping[str, int] = field(default_factory=dict)
    why: tuple[str, ...] = ()


def grade(case: Case, did: Did) -> Grade:
    """How *did* is to be judged.

    A call that was none, and was then made rightly, does not fail the case: it is no first try, and is counted.
    """
    failed = list(_failures(case, did))
    stumbled = [call.wrong for call in did.calls if call.wrong]
    said = [f"{call} was none: {call.said}" for call in did.calls if call.wrong] if failed else []
    return Grade(
        passed=not failed,
        first_try=not failed and not stumbled,
        wrong=Counter(kind.value for kind in (*stumbled, *(kind for kind, _ in failed))),
        why=(*(sentence for _, sentence in failed), *said),
    )


Failures = Iterator[tuple[Wrong, str]]


def _failures(case: Case, did: Did) -> Failures:
    if did.error:
        yield Wrong.ERROR, f"There is no answer: {did.error}"
        return
    yield from _of_calls(case, [call for call in did.calls if call.wrong is None])
    if case.answer and not re.search(case.answer, did.text):
        yield Wrong.ANSWER, f"The answer {did.text[:MOST_SHOWN_CHARS]!r} does not match {case.answer!r}."
    yield from _of_bounds(case.bounds, did)


def _of_calls(case: Case, calls: Sequence[Made]) -> Failures:
    for call in calls:
        if call.tool in case.forbidden:
            yield Wrong.FORBIDDEN, f"{call} is forbidden."
    left = [call for call in calls if call.tool not in case.forbidden]
    found = pairs(case.expected, left, fits_call)
    missing = [each for place, each in enumerate(case.expected) if place not in found and not each.optional]
    extra = [call for place, call in enumerate(left) if place not in found.values()]
    for each in missing:
        near = next((call for call in extra if call.tool in {way.tool for way in each.ways}), None)
        if near is None:
            yield Wrong.MISSING, f"{each} was not called{_as_wanted(each)}."
        else:
            extra.remove(near)
            yield Wrong.ARGUMENTS, f"{near} has other arguments than expected: {difference(each, near)}."
    if not case.more_calls:
        for call in extra:
            yield Wrong.EXTRA, f"{call} was not expected."
    if case.in_order and not missing and list(found) != sorted(found, key=lambda each: found[each]):
        order = ", ".join(call.tool for call in left)
        yield Wrong.ORDER, f"The calls came in another order than expected: {order}."


def _as_wanted(each: Expected) -> str:
    return f" with {dict(each.arguments)!r}"[:MOST_SHOWN_CHARS] if each.arguments else ""


def fits_call(expected: Expected, call: Made) -> bool:
    return any(
        way.tool == call.tool
        and holds(way.arguments, call.arguments)
        and (not way.exact or not more_than(way, call))
        for way in expected.ways
    )


def more_than(way: Expected, call: Made) -> set[str]:
    """The arguments of *call* that *way* does not name; what is null says nothing."""
    return {name for name, value in call.arguments.items() if value is not None} - way.arguments.keys()


def difference(expected: Expected, call: Made) -> str:
    """What *call* has otherwise than *expected*, argument by argument."""
    way = next(way for way in expected.ways if way.tool == call.tool)
    told = [
        f"{name} is {call.arguments.get(name)!r}, and {_wanted(value)} was wanted"
        for name, value in way.arguments.items()
        if not holds({name: value}, call.arguments)
    ]
    if way.exact and (more := more_than(way, call)):
        told.append(f"{', '.join(sorted(more))} should not be there")
    return "; ".join(told) or "another call was taken for it"


def _wanted(value: Any) -> str:
    way = way_of(value)
    return f"{way.replace('_', ' ')} {value[way]!r}" if way else repr(value)


def _of_bounds(bounds: Bounds, did: Did) -> Failures:
    if bounds.usd is not None and did.usd > bounds.usd:
        yield Wrong.COST, f"It cost ${did.usd:.4f}, and ${bounds.usd:.4f} is allowed."
    if bounds.latency_ms is not None and did.latency_ms > bounds.latency_ms:
        yield Wrong.LATENCY, f"It took {did.latency_ms:,.0f} ms, and {bounds.latency_ms:,.0f} ms are allowed."
    if bounds.tokens is not None and did.tokens > bounds.tokens:
        yield Wrong.TOKENS, f"It took {did.tokens:,} tokens, and {bounds.tokens:,} are allowed."
    if bounds.rounds is not None and did.rounds > bounds.rounds:
        yield Wrong.ROUNDS, f"It took {did.rounds} rounds, and {bounds.rounds} are allowed."
