"""Whether a value that a model wrote is one that a case wants. Pure.

A plain value has to be equal. An object with one of the keys of ``WAYS`` says how else it may be; where an
argument really is such an object, write ``{equals: …}``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

DEFAULT_WITHIN = 1e-6


def fits(wanted: Any, given: Any) -> bool:
    """Whether *given* is what *wanted* says."""
    way = way_of(wanted)
    if way:
        return WAYS[way](wanted, given)
    if isinstance(wanted, Mapping):
        return (
            isinstance(given, Mapping)
            and wanted.keys() == given.keys()
            and all(fits(each, given[name]) for name, each in wanted.items())
        )
    if isinstance(wanted, list):
        is_as_long = isinstance(given, list) and len(wanted) == len(given)
        return is_as_long and all(fits(each, one) for each, one in zip(wanted, given, strict=True))
    # True is 1 to Python, and nothing that a model may write for it.
    return isinstance(wanted, bool) == isinstance(given, bool) and bool(wanted == given)


def way_of(wanted: Any) -> str:
    """The key by which *wanted* says how a value may be; '' for a plain value."""
    if not isinstance(wanted, Mapping) or not wanted.keys() <= {*WAYS, "within"}:
        return ""
    return next((name for name in wanted if name in WAYS), "")


def holds(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether *given* has all of *wanted*, and maybe more. What is null is as if it were not there."""
    return all(fits(each, given.get(name)) for name, each in wanted.items())


def faults(wanted: Any, where: str) -> Iterator[str]:
    """What is wrong with *wanted* itself, a sentence each."""
    if isinstance(wanted, list):
        for number, each in enumerate(wanted):
            yield from faults(each, f"{where}[{number}]")
    if not isinstance(wanted, Mapping):
        return
    if not (way := way_of(wanted)):
        for name, each in wanted.items():
            yield from faults(each, f"{where}.{name}")
        return
    if fault := _fault(way, wanted[way], wanted.get("within", 0)):
        yield f"{where}: {fault}"


def _fault(way: str, value: Any, within: Any) -> str:
    """What is wrong with *value*, by which an argument is to be judged; '' if nothing is."""
    if way == "regex" and not is_pattern(value):
        return f"{value!r} is no regular expression: correct it."
    if way in ("any_of", "in_any_order") and not (isinstance(value, list) and value):
        return f"{way} needs a list of values: write one or more."
    if way == "approx" and not (_is_number(value) and _is_number(within)):
        return "approx needs a number, and within another: write {approx: 12.5, within: 0.01}."
    if way == "subset" and not isinstance(value, Mapping | list):
        return "subset needs an object or a list: write what it has to hold."
    return ""


def _has(inner: Any, given: Any) -> bool:
    """Whether *given* has all of *inner*, at each depth; of a list in any order."""
    if way_of(inner):
        return fits(inner, given)
    if isinstance(inner, Mapping):
        return isinstance(given, Mapping) and all(_has(each, given.get(name)) for name, each in inner.items())
    if isinstance(inner, list):
        return isinstance(given, list) and len(pairs(inner, given, _has)) == len(inner)
    return fits(inner, given)


def _same(wanted: Mapping[str, Any], given: Any) -> bool:
    """Numbers are numbers: 1200 and 1200.0 are the same, and so is a text that is one."""
    number = _number(given)
    return number is not None and abs(number - wanted["approx"]) <= wanted.get("within", DEFAULT_WITHIN)


def _in_any_order(wanted: Mapping[str, Any], given: Any) -> bool:
    each: Sequence[Any] = wanted["in_any_order"]
    return isinstance(given, list) and len(each) == len(given) and len(pairs(each, given, fits)) == len(each)


def pairs(wanted: Sequence[Any], given: Sequence[Any], fit: Callable[[Any, Any], bool]) -> dict[int, int]:
    """The most of *wanted* that can have one of *given* for themselves: which has which, by their places."""
    able = [[place for place, one in enumerate(given) if fit(each, one)] for each in wanted]
    taken: dict[int, int] = {}  # of *given*: by whom

    def finds(each: int, tried: set[int]) -> bool:
        for place in able[each]:
            if place not in tried:
                tried.add(place)
                if place not in taken or finds(taken[place], tried):
                    taken[place] = each
                    return True
        return False

    for each in range(len(wanted)):
        finds(each, set())
    return {each: place for place, each in taken.items()}


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except re.error:
        return False


WAYS: dict[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "equals": lambda wanted, given: bool(wanted["equals"] == given),
    "any_of": lambda wanted, given: any(fits(each, given) for each in wanted["any_of"]),
    "regex": lambda wanted, given: isinstance(given, str) and re.search(wanted["regex"], given) is not None,
    "approx": _same,
    "subset": lambda wanted, given: _has(wanted["subset"], given),
    "in_any_order": _in_any_order,
    "anything": lambda wanted, given: given is not None,
    "absent": lambda wanted, given: given is None,
}
