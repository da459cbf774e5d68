"""Calls as XML: qwen3-coder's ``<parameter=a>``, Anthropic's old ``<invoke>``, DSML, GLM's ``<arg_key>``.

Their values are bare text, of whatever type: the tool's schema says which, where it is known.
"""

import re
from typing import Any

from tools.llm.parsing.parsed import Broken, Draft, Found, ProblemKind
from tools.llm.parsing.shapes.base import TextShape
from tools.llm.parsing.strings import AT_END
from tools.llm.parsing.text import NAME, Text

_P = r"(?:｜DSML｜|antml:|[a-z]{1,20}:)?"
_PARAMETER = re.compile(
    rf"\s*+<{_P}parameter(?:\s*+=\s*+|\s++name\s*+=\s*+)[\"']?([\w.-]{{1,128}}+)[\"']?([^<>]{{0,100}}+)>\n?"
)
_VALUE_END = re.compile(
    rf"\n?</{_P}parameter>(?=\s*+(?:<{_P}parameter[=\s]|</{_P}(?:function|invoke|tool_call)|\Z))"
)
_CALL_END = re.compile(rf"\s*+</{_P}(?:function|invoke)\s*+>")
_L = r"(?:longcat_|[a-z]{1,20}:)?"
_PAIR_TAG_END = re.compile(rf"\s*+</{_L}tool_call")
_PAIR = re.compile(rf"\s*+<{_L}arg_key>\s*+([\w.-]{{1,128}}+)\s*+</{_L}arg_key>\s*+<{_L}arg_value>\n?")
_PAIR_END = re.compile(rf"\n?</{_L}arg_value>(?=\s*+(?:<{_L}arg_key>|</{_L}tool_call>|\Z))")


def read_parameters(text: Text, start: int, name: str, at: int, shape: str) -> Found:
    """The call of *name* whose parameters stand at *at*; *start* is where it begins."""
    values: dict[str, Any] = {}
    untyped: set[str] = set()
    try:
        while parameter := _PARAMETER.match(text.content, at):
            value, at = _up_to(text, _VALUE_END, parameter.end())
            values[parameter[1]] = value
            untyped.add(parameter[1])
            if 'string="true"' in parameter[2]:
                untyped.discard(parameter[1])
        end = _CALL_END.match(text.content, at)
        if end is None:
            at_end = not text.content[at : at + 200].strip()
            kind = ProblemKind.TRUNCATED if at_end or "<" in text.content[-20:] else ProblemKind.MALFORMED
            raise Broken(kind, "its closing tag is missing", at)
    except Broken as broken:
        return text.refuse(start, start, broken, name)
    return Found(end.end(), [Draft(name, values, shape, untyped=frozenset(untyped))])


def read_pairs(text: Text, start: int, name: str, at: int) -> Found | None:
    """GLM's pairs of key and value at *at*; None where there are none."""
    values: dict[str, Any] = {}
    try:
        while pair := _PAIR.match(text.content, at):
            values[pair[1]], at = _up_to(text, _PAIR_END, pair.end())
    except Broken as broken:
        return text.refuse(start, start, broken, name)
    if not values:
        return None
    if not _PAIR_TAG_END.match(text.content, at):
        unclosed = Broken(ProblemKind.TRUNCATED, "its closing tag is missing", at)
        return text.refuse(start, start, unclosed, name)
    return Found(at, [Draft(name, values, "glm", untyped=frozenset(values))])


def _up_to(text: Text, pattern: re.Pattern[str], start: int) -> tuple[str, int]:
    end = pattern.search(text.content, start)
    if end is None:
        raise Broken(ProblemKind.TRUNCATED, "a parameter never ends", len(text.content))
    return text.content[start : end.start()], end.end()


def _invoke(text: Text, opener: re.Match[str]) -> Found:
    name = opener["invoke"]
    if text.content[opener.end() : opener.end() + 1] == "{":
        return _with_json(text, opener, name)
    return read_parameters(text, opener.start(), name, opener.end(), "xml")


def _with_json(text: Text, opener: re.Match[str], name: str) -> Found:
    reader = text.reader(opener.end())
    try:
        arguments = reader.value(AT_END)
        end = _CALL_END.match(text.content, reader.position)
        if end is None:
            raise reader.broken("</invoke>")
    except Broken as broken:
        return text.refuse(opener.start(), opener.start(), broken, name)
    return Found(end.end(), [Draft(name, arguments, "xml", repairs=reader.repairs)])


INVOKE = TextShape(rf"<{_P}invoke\s++name\s*+=\s*+[\"']?(?P<invoke>{NAME})[\"']?\s*+>\s*+", _invoke)
