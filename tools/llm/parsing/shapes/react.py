"""Calls as ReAct text: ``Action:`` and ``Action Input:``, or an object or a Python call behind ``Action:``."""

import re

from tools.llm.parsing.names import is_known, tool_name
from tools.llm.parsing.parsed import Broken, Draft, Found, Problem, ProblemKind
from tools.llm.parsing.shapes.base import TextShape
from tools.llm.parsing.shapes.marked import read_marked
from tools.llm.parsing.shapes.pythonic import read_call
from tools.llm.parsing.text import NAME, Text

_LABEL = r"(?:\*\*)?{}(?:\s\d{{1,3}})?(?:\*\*)?\s?:(?:\*\*)?"
_NAMED = re.compile(
    rf"[ \t]*+[\[`\"']?(?P<name>{NAME})[\]`\"']?[ \t]*+"
    rf"(?:\n\s*+(?P<input>{_LABEL.format('Action Input')})[ \t]*+|\s*+\Z)"
)
_CALL = re.compile(rf"[ \t]*+(?P<name>{NAME})\(")
_JSON = re.compile(r"\s*+(?:(?:`{3,}|~{3,})(?:[A-Za-z]\w{0,20}+)?\s*+)?\{")
_LINE = re.compile(r"[^\n]*+")
_INPUT = re.compile(
    r"\s*+(?:`{3,}(?:[A-Za-z]\w{0,20}+)?\s*+)?(?:(?P<value>[{\[\"'])|(?P<none>None\b|null\b)|(?P<end>\Z))"
)


def _read(text: Text, opener: re.Match[str]) -> Found | None:
    start, at = opener.start(), opener.end()
    named = _NAMED.match(text.content, at)
    if named and named["input"]:
        return _input(text, start, named["name"], named.end())
    if named:
        return _without_input(text, start, named["name"])
    call = _CALL.match(text.content, at)
    if call and _may_be(text, call["name"]):
        return read_call(text, start, call.start("name"), "react")
    if _JSON.match(text.content, at):
        return read_marked(text, start, at, "react")
    return None  # a heading of prose


def _input(text: Text, start: int, name: str, at: int) -> Found | None:
    content = _INPUT.match(text.content, at)
    if content is None:
        end = _LINE.match(text.content, at)
        message = (
            f'The input of {name!r} is plain text, so it was not run: send an object such as {{"name": value}}.'
        )
        problem = Problem(ProblemKind.NOT_AN_OBJECT, message, start, name)
        return Found(end.end() if end else at, problems=[problem]) if _may_be(text, name) else None
    if content["value"]:
        return text.call_of(start, name, at, "react")
    if content["none"]:
        return Found(content.end(), [Draft(name, None, "react")])
    return _without_input(text, start, name)


def _without_input(text: Text, start: int, name: str) -> Found | None:
    if name in {"None", "Finish"} or text.known is None or not _may_be(text, name):
        return None
    broken = Broken(ProblemKind.TRUNCATED, "the text ends before 'Action Input:'", len(text.content))
    return text.refuse(start, start, broken, name)


def _may_be(text: Text, name: str) -> bool:
    named = tool_name(name, text.known)
    return named is not None and is_known(named[0], text.known)


ACTION = TextShape(rf"\n[ \t]*+{_LABEL.format('Action')}", _read)
