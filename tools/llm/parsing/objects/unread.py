"""What looks like a call in an object of no known shape: nobody should wait for a call that was not seen."""

import re
from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.objects.base import Native
from tools.llm.parsing.parsed import Problem, ProblemKind

MAX_VALUES = 10_000
_NAMES = (
    *("tool_calls", "tool_call", "function_call", "functionCall", "toolUse", "toolCalls", "toolCall", "tool_use"),
    *("toolName", "toolCallId", "tool_name", "function_name", "toolInvocation", "toolInvocations"),
)
_KINDS = ("type", "part_kind", "kind")
_KIND = re.compile(r"(?:custom|dynamic)?[-_]?(?:tool|function)[-_]?(?:call|use|invocation)s?")
# What came of a call, which nobody is to make again.
_RESULT = re.compile(r".*(?:result|return|output|error)s?")
_UNREAD = Problem(
    ProblemKind.MALFORMED,
    "What looks like a call is in no shape that is known, or without its arguments, so nothing was run:"
    ' hand it over as {"name": …, "arguments": {…}}.',
)


def unread(value: Any) -> Native | None:
    """The problem that *value*, which no shape has read, holds what looks like a call; None where it does not."""
    return Native(problems=[_UNREAD]) if mentions_call(value) else None


def mentions_call(value: Any) -> bool:
    """Whether anything in *value*, of which MAX_VALUES are looked at, is named as calls are."""
    left, looked_at = [value], 0
    while left and looked_at < MAX_VALUES:
        one = left.pop()
        looked_at += 1
        if isinstance(one, Mapping):
            kinds = [kind for name in _KINDS if isinstance(kind := one.get(name), str)]
            if any(_RESULT.fullmatch(kind) for kind in kinds):
                continue
            if any(one.get(name) for name in _NAMES):
                return True
            if any(_KIND.fullmatch(kind) for kind in kinds):
                return True
            left += one.values()
        elif isinstance(one, list):
            left += one
    return False
