"""Reads one value at a place of a text: JSON, JSON5, or Python literals, however models mix them.

One pass, no going back, bounded depth. It never supplies what is missing: a structure that does not end is
TRUNCATED. Answers JSON types only, so numbers that JSON does not have (NaN, Infinity) are refused.
"""

import math
import re
from typing import Any

from tools.llm.parsing import repairs as names
from tools.llm.parsing.parsed import Broken, ProblemKind
from tools.llm.parsing.strings import AFTER_KEY, AT_END, IN_LIST, IN_OBJECT, QUOTES, read_string

MAX_DEPTH = 64
_BLANK = re.compile(r"\s*+")
_WORD = re.compile(r"[A-Za-z_$][\w$]*+")
_KEY = re.compile(r"[A-Za-z_$][\w$-]*+|\d++")
_NUMBER = re.compile(r"[-+]?(?:\d[\w.]*+(?:(?<=[eE])[-+]\d++)?|\.\d[\w]*+(?:(?<=[eE])[-+]\d++)?)")
_SHORT_INTEGER = re.compile(r"-?(?:[1-9]\d{0,17}+|0)(?=[,\]}\s])")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(\.\d++)?([eE][-+]?\d++)?")
_INTEGER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*+|0[oO][0-7]++|0[bB][01]++|[1-9]\d*+(?:_\d++)*+|0++)"
)
_FLOAT = re.compile(r"[-+]?(?:[1-9]\d*+|0)?(?:\.\d*+)?(?:[eE][-+]?\d++)?")
_LITERALS = {"true": True, "false": False, "null": None}
_OF_PYTHON = {"True": True, "False": False, "None": None}
_NOT_JSON = frozenset({"nan", "inf", "infinity"})


class Reader:
    """Reads values from ``position`` on, which then stands behind what was read; ``made`` names the repairs."""

    def __init__(self, text: str, position: int = 0, *, python: bool = False) -> None:
        self.text = text
        self.position = position
        self.made: dict[str, None] = {}
        self.keys = 0  # how many keys of objects were read: none in what only looks like a structure
        self._python = python

    @property
    def repairs(self) -> list[str]:
        return list(self.made)

    def whole(self) -> Any:
        """The one value that the text from here to its end is. Raises Broken."""
        value = self.value(AT_END)
        if self.skip():
            raise self.broken("the end")
        return value

    def value(self, ends: re.Pattern[str], depth: int = 0) -> Any:
        """The value here; *ends* matches what may follow it if it is a string. Raises Broken."""
        first = self.skip()
        if number := _SHORT_INTEGER.match(self.text, self.position):
            self.position = number.end()
            return int(number[0])
        if first in QUOTES:
            return self._string(ends)
        if first == "{":
            return self._object(depth)
        if first and first in "[(":
            return self._list(depth, first)
        if number := _NUMBER.match(self.text, self.position):
            return self._number(number)
        if word := _WORD.match(self.text, self.position):
            return self._word(word, ends)
        raise self.broken("a value")

    def skip(self) -> str:
        """The next character that means something, blanks and comments passed; '' at the end."""
        text = self.text
        first = text[self.position : self.position + 1]
        if "!" <= first <= "~" and first not in "/#":
            return first  # most often there is nothing to skip
        while True:
            blank = _BLANK.match(text, self.position)
            if blank:
                self.position = blank.end()
            first = text[self.position : self.position + 1]
            if first and first in "/#\0\ufeff":
                if not self._pass(first):
                    return first
            else:
                return first

    def take(self, wanted: str) -> None:
        """Step over *wanted*, which has to be next."""
        if self.skip() != wanted:
            raise self.broken(repr(wanted))
        self.position += 1

    def broken(self, wanted: str) -> Broken:
        """What is wrong here, where *wanted* should stand."""
        if self.position >= len(self.text):
            return Broken(ProblemKind.TRUNCATED, f"the text ends where {wanted} should follow", self.position)
        found = self.text[self.position : self.position + 12]
        return Broken(ProblemKind.MALFORMED, f"{wanted} should stand where {found!r} is", self.position)

    def _pass(self, first: str) -> bool:
        """Step over a comment, NUL or byte order mark, if that is what is here."""
        text, at = self.text, self.position
        if first in "\0\ufeff":
            self.made[names.NUL_OR_BOM] = None
            self.position += 1
            return True
        if text.startswith("/*", at):
            end = text.find("*/", at + 2)
            self.position = len(text) if end < 0 else end + 2
        elif first == "#" or text.startswith("//", at):
            end = text.find("\n", at)
            self.position = len(text) if end < 0 else end
        else:
            return False
        self.made[names.COMMENTS] = None
        return True

    def _enter(self, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise Broken(ProblemKind.TOO_DEEP, f"it is nested more than {MAX_DEPTH} levels deep", self.position)
        self.position += 1

    def _object(self, depth: int) -> dict[str, Any]:
        self._enter(depth)
        found: dict[str, Any] = {}
        while self.skip() != "}":
            key = self._key()
            self.take(":")
            self.keys += 1
            if key in found:
                self.made[names.DUPLICATE_KEY] = None
            found[key] = self.value(IN_OBJECT, depth + 1)
            self._comma("}")
        self.position += 1
        return found

    def _list(self, depth: int, opener: str) -> Any:
        closer = "]" if opener == "[" else ")"
        self._enter(depth)
        found: list[Any] = []
        comma = False
        while self.skip() != closer:
            found.append(self.value(IN_LIST, depth + 1))
            comma = self._comma(closer, tuple_=closer == ")")
        self.position += 1
        if closer == ")":
            self.made[names.PYTHON_LITERALS] = None
            if len(found) == 1 and not comma:
                return found[0]  # brackets around a value
        return found

    def _comma(self, closer: str, *, tuple_: bool = False) -> bool:
        """Step over a comma, unless *closer* is next. True if there was one."""
        after = self.skip()
        if after != ",":
            if after == closer:
                return False
            raise self.broken(f"',' or {closer!r}")
        self.position += 1
        if self.skip() == closer and not (tuple_ or self._python):
            self.made[names.TRAILING_COMMA] = None
        return True

    def _key(self) -> str:
        if self.skip() in QUOTES:
            return self._string(AFTER_KEY)
        if key := _KEY.match(self.text, self.position):
            self.position = key.end()
            if key.end() < len(self.text):
                self.made[names.UNQUOTED_KEYS] = None
                return key[0]
        raise self.broken("a key in quotes")

    def _string(self, ends: re.Pattern[str], *, raw: bool = False) -> str:
        made: dict[str, None] = {}
        value, self.position = read_string(
            self.text, self.position, ends, made, python=self._python, raw_string=raw
        )
        if self._python:  # there they are no repairs
            made.pop(names.SINGLE_QUOTES, None)
            made.pop(names.TRIPLE_QUOTES, None)
        self.made.update(made)
        return value

    def _number(self, number: re.Match[str]) -> int | float:
        written = number[0]
        plain = _JSON_NUMBER.fullmatch(written)
        try:
            if plain:
                value = float(written) if plain[1] or plain[2] else int(written)
            elif _INTEGER.fullmatch(written):
                value = int(written, 0)
            elif _FLOAT.fullmatch(written):
                value = float(written)
            else:
                raise self.broken("a number")
        except ValueError:
            raise self.broken("a number of fewer digits") from None
        if isinstance(value, float) and math.isinf(value):
            raise self.broken("a number that JSON can hold")
        if not plain and not self._python:
            self.made[names.ODD_NUMBER] = None
        self.position = number.end()
        return value

    def _word(self, word: re.Match[str], ends: re.Pattern[str]) -> Any:
        name = word[0]
        if name in _LITERALS:
            self.position = word.end()
            return _LITERALS[name]
        if name in _OF_PYTHON:
            if not self._python:
                self.made[names.PYTHON_LITERALS] = None
            self.position = word.end()
            return _OF_PYTHON[name]
        if name.lower() in {"r", "u"} and self.text[word.end() : word.end() + 1] in {"'", '"'}:
            self.position = word.end()
            return self._string(ends, raw=name.lower() == "r")
        if word.end() == len(self.text):
            self.position = word.end()
        elif name.lower() in _NOT_JSON:
            raise self.broken("a number that JSON has (or null)")
        raise self.broken("a value")
