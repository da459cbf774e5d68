"""Calls as Python: ``[get_weather(city="Dublin, Ireland", days=3)]``. Literals only; nothing is evaluated."""

import re
from typing import Any

from tools.llm.parsing import repairs
from tools.llm.parsing.names import is_known, tool_name
from tools.llm.parsing.parsed import Broken, Draft, Found, ProblemKind
from tools.llm.parsing.reader import Reader
from tools.llm.parsing.shapes.base import TextShape
from tools.llm.parsing.strings import IN_CALL
from tools.llm.parsing.text import NAME, Text

_NAME = re.compile(r"[A-Za-z_][\w.]{0,127}+")
_KEYWORD = re.compile(r"([A-Za-z_]\w{0,127}+)\s*+=(?!=)")
MAX_NESTED_NAMES = 2  # print(default_api.name(…))


def read_calls(text: Text, start: int, at: int, shape: str) -> Found:
    """The list of calls at *at*; *start* is where its marker is."""
    reader = text.reader(at, python=True)
    try:
        drafts = _list(reader, shape)
    except Broken as broken:
        return text.refuse(start, at, broken)
    return Found(reader.position, drafts)


def read_call(text: Text, start: int, at: int, shape: str) -> Found:
    """The one call at *at*."""
    reader = text.reader(at, python=True)
    try:
        draft = _call(reader, shape)
    except Broken as broken:
        return text.refuse(start, at, broken)
    return Found(reader.position, [draft])


def _list(reader: Reader, shape: str) -> list[Draft]:
    reader.take("[")
    drafts: list[Draft] = []
    while reader.skip() != "]":
        drafts.append(_call(reader, shape))
        if reader.skip() != "]":
            reader.take(",")
    reader.take("]")
    for draft in drafts:
        draft.repairs += reader.repairs
    return drafts


def _call(reader: Reader, shape: str, nested: int = 0) -> Draft:
    name = _NAME.match(reader.text, reader.position) if reader.skip() else None
    if name is None:
        raise reader.broken("the name of a tool")
    reader.position = name.end()
    reader.take("(")
    if name[0] == "print" and nested < MAX_NESTED_NAMES:
        draft = _call(reader, shape, nested + 1)
        reader.take(")")
        return draft
    arguments, made = _arguments(reader)
    return Draft(name[0].removesuffix(".call"), arguments, shape, repairs=made)


def _arguments(reader: Reader) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    made: list[str] = []
    while reader.skip() != ")":
        keyword = _KEYWORD.match(reader.text, reader.position)
        if keyword:
            reader.position = keyword.end()
            reader.keys += 1
            if keyword[1] in found:
                raise reader.broken("an argument that was not given before")
            found[keyword[1]] = reader.value(IN_CALL)
        else:
            _by_position(reader, found, made)
        if reader.skip() != ")":
            reader.take(",")
    reader.take(")")
    return found, made


def _by_position(reader: Reader, found: dict[str, Any], made: list[str]) -> None:
    """An object in the place of the arguments; anything else has no name and is refused."""
    if reader.text.startswith("**", reader.position):
        reader.position += 2
    at = reader.position
    if reader.skip() != "{":
        raise reader.broken("an argument by name (name=value)")
    value = reader.value(IN_CALL)
    if found or not isinstance(value, dict):
        reader.position = at
        raise reader.broken("an argument by name (name=value)")
    found.update(value)
    made.append(repairs.POSITIONAL_OBJECT)


def _in_brackets(text: Text, opener: re.Match[str]) -> Found | None:
    reader = text.reader(opener.start(), python=True)
    try:
        drafts = _list(reader, "pythonic")
    except Broken as broken:
        name = opener["pythonic"]
        if not _was_meant(text, name, reader, broken):
            return Found(max(opener.end(), min(reader.position, broken.position)), keep=True)
        return text.refuse(opener.start(), opener.start(), broken, name)
    return Found(reader.position, drafts)


def _on_a_line(text: Text, opener: re.Match[str]) -> Found | None:
    """A call without brackets counts only where nothing but calls is written."""
    at = opener.start("line")
    reader = text.reader(at, python=True)
    try:
        draft = _call(reader, "pythonic")
    except Broken as broken:
        if not _was_meant(text, opener["line"], reader, broken):
            return Found(max(opener.end(), min(reader.position, broken.position)), keep=True)
        return text.refuse(at, at, broken, opener["line"])
    if not draft.arguments and text.known is None:
        return Found(reader.position, keep=True)
    draft.repairs += reader.repairs
    draft.start, draft.fence = at, ""
    return Found(reader.position, [draft])


def _was_meant(text: Text, name: str, reader: Reader, broken: Broken) -> bool:
    """True if what cannot be read was to be a call, and not code or prose in brackets."""
    named = tool_name(name, text.known)
    if text.known is not None:
        return named is not None and is_known(named[0], text.known)
    return reader.keys > 0 or broken.kind is ProblemKind.TRUNCATED


BRACKETS = TextShape(rf"\[\s*+(?P<pythonic>{NAME})\s*+\(", _in_brackets)
ON_A_LINE = TextShape(rf"\n[ \t]*+(?P<line>{NAME})\(", _on_a_line)
