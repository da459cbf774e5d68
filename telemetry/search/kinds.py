"""The kinds of value that a key may have: how each is read from a text, and written back. Plain Python."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from rapidfuzz import fuzz, process

from telemetry.search import moments
from telemetry.search.errors import SearchError
from telemetry.search.tree import Between, Equals, Like, Moment, Present, Test, quoted

# Below this likeness, of 100, a suggestion would only puzzle.
LIKE_ENOUGH = 60
TEXT_CHARS = 256
_EQUALITY = (":", "=", ":=", "!=")
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([^\d\s.]*)", re.IGNORECASE)


class Kind(Protocol):
    """How the values of a key are read. ``words`` are the values it can have, where they are known beforehand."""

    @property
    def says(self) -> str:
        """What a value is, for the table of keys."""

    @property
    def words(self) -> Mapping[str, str]:
        """The values that are known beforehand, with their help."""

    def read(self, operator: str, text: str, is_quoted: bool) -> Test:
        """The test that *text* after *operator* asks for. Raises SearchError without a position."""

    def write(self, test: Test) -> str:
        """Operator and value: what is read back as *test*."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any text; unquoted, ``*`` stands for anything, and alone for any value."""

    says: str = "text, `*` for anything"

    @property
    def words(self) -> Mapping[str, str]:
        return {}

    def read(self, operator: str, text: str, is_quoted: bool) -> Test:
        if operator not in _EQUALITY:
            raise SearchError(f"{operator} compares numbers, and this key has texts: use a colon.")
        if len(text) > TEXT_CHARS:
            raise SearchError(f"A value has at most {TEXT_CHARS} characters.")
        if "\0" in text:
            raise SearchError("A value cannot hold the character NUL.")
        if is_quoted or "*" not in text:
            return Equals(text)
        return Like(re.sub(r"\*+", "*", text)) if text.strip("*") else Present()

    def write(self, test: Test) -> str:
        match test:
            case Like(pattern):
                return f":={pattern}" if pattern[0] in "<>=" else f":{pattern}"
            case Equals(text):
                return f":{quoted(text)}"
        return ":*"


@dataclass(frozen=True, slots=True)
class Number:
    """A number with a unit, a comparison or a range; ``units`` are factors to the unit of the column."""

    says: str
    units: Mapping[str, float]
    words: Mapping[str, str]
    unit: str = ""

    def read(self, operator: str, text: str, is_quoted: bool) -> Test:
        if text == "*":
            return Present()
        low, dots, high = text.partition("..")
        if dots:
            return self._range(operator, low, high)
        number = self._number(text)
        return Between(
            None if "<" in operator else number,
            None if ">" in operator else number,
            operator.endswith((">", "<")),
        )

    def write(self, test: Test) -> str:
        match test:
            case Between(low, None, is_open) if low is not None:
                return f":{'>' if is_open else '>='}{_written(low)}{self.unit}"
            case Between(None, high, is_open) if high is not None:
                return f":{'<' if is_open else '<='}{_written(high)}{self.unit}"
            case Between(low, high) if low is not None and high is not None:
                return f":{_written(low)}{self.unit}..{_written(high)}{self.unit}"
        return ":*"

    def _range(self, operator: str, low: str, high: str) -> Test:
        if operator not in _EQUALITY:
            raise SearchError(f"A range needs no {operator}: write a colon before it.")
        if not low and not high:
            raise SearchError("A range needs a number before or after its dots.")
        bounds = Between(self._number(low) if low else None, self._number(high) if high else None)
        if bounds.low is not None and bounds.high is not None and bounds.low > bounds.high:
            raise SearchError(f"The range {low}..{high} is empty: put the smaller number first.")
        return bounds

    def _number(self, text: str) -> float:
        found = _NUMBER.fullmatch(text.strip().removeprefix("$") if "$" in self.units else text.strip())
        unit = found[2].lower() if found else ""
        if not found or unit not in self.units:
            raise SearchError(f'"{text}" is not {self.says}.')
        number = float(found[1]) * self.units[unit]
        if not math.isfinite(number):
            raise SearchError(f'"{text}" is too large a number.')
        return number


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words, each with its help."""

    words: Mapping[str, str]
    says: str = "one of its words"

    def read(self, operator: str, text: str, is_quoted: bool) -> Test:
        if operator not in _EQUALITY:
            raise SearchError(f"{operator} compares numbers, and this key has words: use a colon.")
        word = text.lower()
        if word == "*" and not is_quoted:
            return Present()
        if word not in self.words:
            suggestion = nearest(word, list(self.words))
            raise SearchError(
                f'"{text}" is none of {", ".join(self.words)}.' + did_you_mean(suggestion), suggestion=suggestion
            )
        return Equals(word)

    def write(self, test: Test) -> str:
        return f":{test.text}" if isinstance(test, Equals) else ":*"


@dataclass(frozen=True, slots=True)
class Hex:
    """An id of so many hexadecimal digits."""

    digits: int

    @property
    def says(self) -> str:
        return f"{self.digits} hexadecimal digits"

    @property
    def words(self) -> Mapping[str, str]:
        return {}

    def read(self, operator: str, text: str, is_quoted: bool) -> Test:
        digits = text.replace("-", "").lower()
        if operator not in _EQUALITY or not re.fullmatch(f"[0-9a-f]{{{self.digits}}}", digits):
            if text == "*":
                return Present()
            raise SearchError(f'"{text}" is not {self.says}.')
        return Equals(digits)

    def write(self, test: Test) -> str:
        return f":{test.text}" if isinstance(test, Equals) else ":*"


@dataclass(frozen=True, slots=True)
class Time:
    """A moment, or a whole day."""

    words: Mapping[str, str]
    is_day: bool = False

    @property
    def says(self) -> str:
        return "a day: 2026-05-01, today or yesterday" if self.is_day else f"a moment: {moments.EXAMPLES}"

    def read(self, operator: str, text: str, is_quoted: bool) -> Test:
        try:
            # Whether it can be read does not depend on when one asks, but for the edges of the calendar.
            (moments.day if self.is_day else moments.moment)(text, SOME_DAY)
        except ValueError as error:
            raise SearchError(f'"{text}" is not {self.says}.') from error
        if operator not in (":", "=", ":="):
            raise SearchError(f"A moment takes a colon and no {operator}.")
        return Moment(text)

    def write(self, test: Test) -> str:
        return f":{quoted(test.text)}" if isinstance(test, Moment) else ""


def nearest(word: str, words: Sequence[str]) -> str:
    """What of *words* one who wrote *word* may have meant; empty if nothing is like it."""
    found = process.extractOne(word, words, scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH)
    return found[0] if found else ""


def did_you_mean(suggestion: str) -> str:
    return f' Did you mean "{suggestion}"?' if suggestion else ""


def _written(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
