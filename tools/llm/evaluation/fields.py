"""Which fields a suite, a case and a call have, and of which kind; and where a mistake is. Pure."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

# So long a name may be that is kept in the history.
SUITE_CHARS, CASE_CHARS = 100, 200
# By field: the kind of its value, and that in words.
Kind = tuple[type | tuple[type, ...], str]
Kinds = Mapping[str, Kind]
TEXT: Kind = (str, "a text")
YES: Kind = (bool, "true or false")
NUMBER: Kind = ((int, float), "a number")
WHOLE: Kind = (int, "a whole number")
OBJECT: Kind = (dict, "an object")
LIST: Kind = (list, "a list")
NAMES: Kind = (list, "a list of names")

SHARED: Kinds = {"variables": OBJECT, "tools": NAMES, "results": OBJECT, "bounds": OBJECT}
SUITE: Kinds = {
    **{"suite": TEXT, "about": TEXT, "prompt": TEXT, "system": TEXT, "role": TEXT, "cases": LIST},
    **SHARED,
}
CASE: Kinds = {
    **{"name": TEXT, "tags": NAMES, "say": TEXT, "messages": LIST, "expect": LIST, "no_call": YES},
    **{"forbid": NAMES, "order": TEXT, "more_calls": YES, "answer": TEXT},
    **SHARED,
}
EXPECTED: Kinds = {"tool": TEXT, "arguments": OBJECT, "exact": YES, "optional": YES, "or": LIST}
BOUNDS: Kinds = {"usd": NUMBER, "latency_ms": NUMBER, "tokens": WHOLE, "rounds": WHOLE}
ANY: Kind = (object, "a value")
MESSAGE: Kinds = {"user": TEXT, "assistant": TEXT, "call": TEXT, "arguments": OBJECT, "result": ANY}


@dataclass(slots=True)
class Reader:
    """Takes what stands in a file apart; ``faults`` has a sentence for each mistake, and where it is."""

    file: str
    faults: list[str] = field(default_factory=list)
    place: tuple[str, ...] = ()

    @contextmanager
    def within(self, place: str) -> Iterator[None]:
        """What is wrong meanwhile is at *place*."""
        before, self.place = self.place, (*self.place, place)
        try:
            yield
        finally:
            self.place = before

    def add(self, said: str) -> None:
        self.faults.append(f"{', '.join((self.file, *self.place))}, {said}")

    def wrong(self, name: str, said: str) -> None:
        self.add(f"{name}: {said}.")

    def fields(self, raw: Any, kinds: Kinds) -> dict[str, Any]:
        """Those of *raw* that are as *kinds* says; of the others it is said what is wrong."""
        if not isinstance(raw, Mapping):
            self.faults.append(
                f"{', '.join((self.file, *self.place))}: this is {kind_of(raw)}, and has to be an object: "
                f"write some of {', '.join(kinds)}."
            )
            return {}
        kept = {}
        for name, value in raw.items():
            if name not in kinds:
                self.wrong(str(name), f"there is no such field: {_near(str(name), kinds)}")
            elif value is not None and self._is(value, kinds[name], name):
                kept[name] = value
        return kept

    def _is(self, value: Any, kind: Kind, name: str) -> bool:
        wanted, words = kind
        is_right = isinstance(value, wanted) and (wanted in (bool, object) or not isinstance(value, bool))
        if is_right and kind is NAMES:
            is_right = all(isinstance(each, str) for each in value)
        if not is_right:
            self.wrong(name, f"this is {kind_of(value)}, and has to be {words}: correct it")
        return is_right


def fault_of_name(name: str, most_chars: int) -> str:
    """Why the history cannot keep *name*, and what to do; '' where it can."""
    if fault := fault_of_text(name):
        return f"the name {fault}"
    return f"the name has {len(name)} characters: write {most_chars} at most" if len(name) > most_chars else ""


def fault_of_text(text: str) -> str:
    """Why Postgres cannot hold *text*, and what to do; '' where it can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "has half a surrogate pair, which is no character: take it out"
    return "has a character U+0000: take it out" if "\0" in text else ""


def kind_of(value: Any) -> str:
    """The kind of *value*, for people."""
    kinds: tuple[Kind, ...] = (YES, NUMBER, TEXT, OBJECT, LIST)
    return (
        "nothing"
        if value is None
        else next((words for kind, words in kinds if isinstance(value, kind)), type(value).__name__)
    )


def _near(name: str, kinds: Kinds) -> str:
    near = get_close_matches(name, kinds, n=1)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(kinds)}"
