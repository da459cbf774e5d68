"""Quoted text as models write it: any quotes, any escapes, quotes inside that should have been escaped.

A quote ends a string only if what follows could follow a string at that place; valid JSON always passes that
test, so it is read as JSON says. All patterns are possessive: no text makes them go back.
"""

import re

from tools.llm.parsing import repairs as names
from tools.llm.parsing.parsed import Broken, ProblemKind

QUOTES = frozenset("\"'“”„‘’‚")
DOUBLE, SINGLE = '"“”„', "'‘’‚"
# A string with more quotes inside than this is not one.
MAX_INNER_QUOTES = 200

_SPACE = r"\s*+"
_REMARK = r"//|/\*|\#"
_NAME = r"[A-Za-z_$][\w$-]{0,63}+"
_QUOTED = r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|\'[^\'\\]*+(?:\\.[^\'\\]*+)*+\'|[“”„‘’‚][^“”‘’]{0,100}+[“”‘’])'
_NEXT_KEY = rf"(?:\}}|{_REMARK}|\Z|(?:{_NAME}|[-+]?[\d.]++|[rRuUbB]?{_QUOTED}){_SPACE}:)"
_NEXT_ITEM = rf"(?:[\"'“”„‘’‚\[{{(\])+.\w-]|{_REMARK}|\Z)"
_NEXT_NAMED = rf"(?:[\"'\[{{()*\#\d.-]|\Z|{_NAME}{_SPACE}=)"
# What may follow a string, by where it stands.
IN_OBJECT = re.compile(rf"{_SPACE}(?:\}}|{_REMARK}|\Z|,{_SPACE}{_NEXT_KEY})", re.DOTALL)
IN_LIST = re.compile(rf"{_SPACE}(?:[\])]|{_REMARK}|\Z|,{_SPACE}{_NEXT_ITEM})")
IN_CALL = re.compile(rf"{_SPACE}(?:\)|\#|\Z|,{_SPACE}{_NEXT_NAMED})")
AFTER_KEY = re.compile(rf"{_SPACE}(?::|\Z)")
AT_END = re.compile(rf"{_SPACE}\Z")

_BODY = {
    quote: re.compile(rf"[^{closers}\\]*+(?:\\.[^{closers}\\]*+)*+", re.DOTALL)
    for quote, closers in {
        '"': '"', "'": "'", "“": "“”\"", "”": "“”\"", "„": "“”\"", "‘": "‘’'", "’": "‘’'", "‚": "‘’'"
    }.items()
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|[0-7]{1,3}|\r\n|.)",
    re.DOTALL,
)
_TRIPLE = {
    quote: re.compile(rf"((?:[^{quote}\\]++|\\.|{quote}(?!{quote}{quote}))*+){quote}{{3}}", re.DOTALL)
    for quote in "\"'"
}
# A string with quotes inside in which this stands has more likely lost a quote than been meant so.
_SWALLOWED = re.compile(r"[\"'“”‘’]\s*+,\s*+[\"'“”‘’]?[\w.$-]{1,64}+[\"'“”‘’]?\s*+:")
_ANOTHER = re.compile(r"\s++[\"'“”‘’]")
_RAW = re.compile(r"[\x01-\x1f]")
_SIMPLE = {'"': '"', "\\": "\\", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_OF_PYTHON = {"'": "'", "a": "\a", "v": "\v", "\n": "", "\r\n": ""}


def read_string(
    text: str, start: int, ends: re.Pattern[str], made: dict[str, None], *, python: bool, raw_string: bool = False
) -> tuple[str, int]:
    """The string that opens at *start*, and where it ends. Adds to *made* what had to be repaired.

    *ends* matches what may follow it; in *python* escapes are Python's; a *raw_string* has none. Raises Broken.
    """
    quote = text[start]
    if quote in "\"'" and text.startswith(quote * 3, start):
        return _triple(text, start, made, python=python)
    if quote not in '"':
        made[names.SINGLE_QUOTES if quote == "'" else names.SMART_QUOTES] = None
        python = python or quote == "'"
    body, position, inner, parts = _BODY[quote], start + 1, 0, []
    while True:
        chunk = body.match(text, position)
        parts.append(chunk[0] if chunk else "")
        position += len(parts[-1])
        if position >= len(text) or text[position] == "\\":
            raise Broken(ProblemKind.TRUNCATED, f"a string that starts at {start} never ends", len(text))
        if ends.match(text, position + 1):
            break
        position, inner = _inner(text, position, ends, parts, made), inner + 1
        if inner > MAX_INNER_QUOTES:
            raise Broken(ProblemKind.MALFORMED, "a string has quotes inside that are not escaped", position)
    written = "".join(parts)
    if (quote == '"' and inner % 2) or (inner and _SWALLOWED.search(written)):
        raise Broken(ProblemKind.MALFORMED, "a quote is missing, or is not escaped", position)
    return decode(written, made, python=python, raw_string=raw_string), position + 1


def _inner(text: str, position: int, ends: re.Pattern[str], parts: list[str], made: dict[str, None]) -> int:
    """Keep a quote that does not end its string; where the reading goes on."""
    if ends is AFTER_KEY:  # so many brackets in prose are followed by a quote that only values get the doubt
        raise Broken(ProblemKind.MALFORMED, "a key is not followed by ':'", position)
    if _ANOTHER.match(text, position + 1):
        raise Broken(ProblemKind.MALFORMED, "two strings stand side by side without a comma", position)
    parts.append(text[position])
    if text.startswith(text[position], position + 1) and not ends.match(text, position + 2):
        made[names.DOUBLED_QUOTES] = None
        return position + 2
    made[names.UNESCAPED_QUOTES] = None
    return position + 1


def _triple(text: str, start: int, made: dict[str, None], *, python: bool) -> tuple[str, int]:
    body = _TRIPLE[text[start]].match(text, start + 3)
    if body is None:
        raise Broken(ProblemKind.TRUNCATED, f"a string that starts at {start} never ends", len(text))
    made[names.TRIPLE_QUOTES] = None
    return decode(body[1], {}, python=python), body.end()


def decode(raw: str, made: dict[str, None], *, python: bool = False, raw_string: bool = False) -> str:
    """*raw* with its escapes resolved. What is no escape keeps its backslash: patterns and paths have many."""
    if _RAW.search(raw):
        made[names.RAW_CONTROLS] = None
    if "\\" in raw and not raw_string:
        raw = _ESCAPE.sub(lambda escape: _resolved(escape[1], made, python), raw)
    if "\0" in raw:
        made[names.NUL_OR_BOM] = None
        raw = raw.replace("\0", "")
    return raw


def _resolved(escape: str, made: dict[str, None], python: bool) -> str:
    """What an escape stands for; *escape* is what follows its backslash."""
    simple = _SIMPLE.get(escape) or ("/" if escape == "/" and not python else None)
    if simple is not None:
        return simple
    if escape[0] == "u" and len(escape) > 1:
        return _from_utf16(escape, made)
    if not python:
        made[names.ODD_ESCAPES] = None
    if python and escape[0] in "01234567":
        return _character(int(escape, 8))
    if escape[0] in "xU" and len(escape) > 1:
        return _character(int(escape[1:], 16))
    known = _OF_PYTHON.get(escape) if python or escape[0] in "'\r\n" else None
    return f"\\{escape}" if known is None else known


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _from_utf16(escape: str, made: dict[str, None]) -> str:
    units = bytes.fromhex(escape.replace("\\u", "").removeprefix("u"))
    character = units.decode("utf-16-be", errors="replace")
    if len(units) == 2 and character == "\ufffd" and units != b"\xff\xfd":
        made[names.LONE_SURROGATE] = None
    return character
