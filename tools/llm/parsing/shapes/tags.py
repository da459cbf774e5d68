"""Calls in tags: ``<tool_call>…</tool_call>``, ``<function=name>{…}</function>``, ``<|python_tag|>``."""

import re

from tools.llm.parsing.parsed import Broken, Draft, Found, ProblemKind
from tools.llm.parsing.shapes.base import TextShape
from tools.llm.parsing.shapes.marked import closed, read_marked
from tools.llm.parsing.shapes.pythonic import read_call, read_calls
from tools.llm.parsing.shapes.xml import read_pairs, read_parameters
from tools.llm.parsing.text import FENCE_START, NAME, Text

_TAG = r"(?:longcat_|[a-z]{1,20}:)?(?:tool_calls?|function_?calls?|tool_use|toolcall|tool)|TOOLCALL"
_CONTENT = re.compile(
    rf"\s*+(?:(?P<json>\{{|\[(?=\s*+\{{))|(?P<tag><)|(?P<list>\[)|(?P<call>{NAME}(?=\s*+\())"
    rf"|(?P<name>{NAME})(?=\s*+[{{<`])|(?P<end>\Z))"
)
_FUNCTION_CONTENT = re.compile(r"[\s\"'>)=,:]*+(?:(?P<json>[{\"`])|(?P<end></function>?)|(?P<xml><)|(?P<cut>\Z))")
_CLOSING = re.compile(r"\s*+</")


def _tag(text: Text, opener: re.Match[str]) -> Found | None:
    name = opener[0].strip("<|>")
    start = opener.start()
    fence = FENCE_START.match(text.content, opener.end())
    content = _CONTENT.match(text.content, fence.end() if fence else opener.end())
    if content is None:
        return None  # somebody writes of tags
    if content["tag"]:
        return Found(opener.end())  # the call has a tag of its own
    if content["end"] is not None:
        broken = Broken(ProblemKind.TRUNCATED, "the text ends behind its tag", len(text.content))
        return text.refuse(start, start, broken)
    named = _named(text, start, content) if content["name"] else None
    return closed(text, named or _read(text, start, opener.end(), content, "tag"), name)


def _read(text: Text, start: int, at: int, content: re.Match[str], shape: str) -> Found:
    """JSON or Python behind a marker that ends at *at*."""
    if content["json"]:
        return read_marked(text, start, at, shape)
    if content["list"]:
        return read_calls(text, start, content.start("list"), shape)
    return read_call(text, start, content.start("call"), shape)


def _named(text: Text, start: int, content: re.Match[str]) -> Found:
    """A name before its JSON or its pairs, or alone."""
    name = content["name"]
    if _CLOSING.match(text.content, content.end()):
        return Found(content.end(), [Draft(name, None, "tag")])
    pairs = read_pairs(text, start, name, content.end())
    return pairs or text.call_of(start, name, content.end(), "tag")


def _function(text: Text, opener: re.Match[str]) -> Found | None:
    name = opener["function"]
    content = _FUNCTION_CONTENT.match(text.content, opener.end())
    if content is None:
        return None
    if content["xml"]:
        return closed(text, read_parameters(text, opener.start(), name, content.start("xml"), "xml"), "tool_call")
    if content["end"]:
        return Found(content.end(), [Draft(name, None, "function_tag")])
    if content["json"]:
        at = content.start("json")
        return closed(text, text.call_of(opener.start(), name, at, "function_tag"), "function")
    broken = Broken(ProblemKind.TRUNCATED, "the text ends before the arguments", len(text.content))
    return text.refuse(opener.start(), opener.start(), broken, name)


def _python_tag(text: Text, opener: re.Match[str]) -> Found | None:
    content = _CONTENT.match(text.content, opener.end())
    if content is None or not (content["json"] or content["list"] or content["call"]):
        return None
    return _read(text, opener.start(), opener.end(), content, "python_tag")


TAG = TextShape(rf"<\|?(?:{_TAG})\|?>", _tag)
FUNCTION = TextShape(rf"<function\s?[=/(:]\s?[\"']?(?P<function>{NAME})", _function)
PYTHON_TAG = TextShape(r"<\|python_tag\|>", _python_tag)
