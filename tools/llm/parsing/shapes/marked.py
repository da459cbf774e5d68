"""Reading JSON behind a marker that says: here is a call."""

import re
from collections.abc import Mapping
from typing import Any

from tools.llm.parsing import repairs
from tools.llm.parsing.objects import Native, native_of, with_calls
from tools.llm.parsing.parsed import Broken, Draft, Found, Problem, ProblemKind
from tools.llm.parsing.text import AT_TAG, Text

_BETWEEN = re.compile(r"[\s,;]*+(?=[{\[])")
NAMES = ("name", "tool_name", "tool", "function_name")
NOT_A_CALL = (
    'What stands behind the marker of a call is none: send {"name": …, "arguments": {…}}. Nothing of it was run.'
)


def read_marked(text: Text, start: int, at: int, shape: str) -> Found:
    """The calls that stand at *at* as JSON, one or several; *start* is where their marker is."""
    drafts: list[Draft] = []
    position, fenced = text.inside_fence(at)
    while True:
        reader = text.reader(position)
        try:
            value = reader.value(AT_TAG)
        except Broken as broken:
            return text.refuse(start, position, broken)._replace(drafts=drafts)
        native = native_of(value)
        native = with_calls(native) if native else without_arguments(value)
        if native is None:
            problem = Problem(ProblemKind.MALFORMED, NOT_A_CALL, start)
            return Found(reader.position, drafts, [problem])
        for draft in native.drafts:
            draft.repairs += reader.repairs
            draft.shape = shape
        drafts += native.drafts
        between = _BETWEEN.match(text.content, reader.position)
        if between is None:
            return Found(text.after_fence(reader.position, fenced), drafts)
        position = between.end()


def without_arguments(value: Any) -> Native | None:
    """Behind a marker a name alone is enough."""
    if not isinstance(value, Mapping) or not value.keys() <= {*NAMES, "id", "type"}:
        return None
    names = [value[key] for key in NAMES if isinstance(value.get(key), str)]
    return Native([Draft(names[0], None, "json", value.get("id") or "")]) if len(names) == 1 else None


def closed(text: Text, found: Found, tag: str) -> Found:
    """*found* with the tag that closes it, ``</tag>``, or with the repair that it is missing."""
    closing = re.compile(rf"\s*+(?:>\s*+)?</{tag}\s*+>?").match(text.content, found.end)
    if closing:
        return found._replace(end=closing.end())
    for draft in found.drafts:
        draft.repairs.append(repairs.UNCLOSED_TAG)
    return found
