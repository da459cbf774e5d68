"""A text while it is searched for calls, and what shapes need of it."""

import re
from dataclasses import dataclass
from typing import Any

from tools.llm.parsing.judge import explained
from tools.llm.parsing.names import Known
from tools.llm.parsing.parsed import Broken, Draft, Found, ProblemKind
from tools.llm.parsing.reader import Reader

NAME = r"[A-Za-z_][\w.:-]{0,127}+"
# A fence that stands between a marker and its JSON.
FENCE_START = re.compile(r"\s*+(?:`{3,}|~{3,})(?:[A-Za-z]\w{0,20}+)?(?=[\s{\[])")
FENCE_END = re.compile(r"\s*+(?:`{3,}|~{3,})")
_PARTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\](){}]', re.DOTALL)
# What makes a broken structure worth a word: it has the keys of a call, or a marker of one.
CALL_LIKE = re.compile(
    r"[\"'“]?(?:name|tool|tool_name|function|function_call|tool_calls?|arguments|parameters|action_input|"
    r"functionCall|recipient_name)[\"'”]?\s*+:|<tool_call|<function|<invoke|\[TOOL_CALLS\]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """What a model wrote, a line break put before it so that each line has one, and the tools there are."""

    content: str
    known: Known

    def reader(self, position: int, *, python: bool = False) -> Reader:
        return Reader(self.content, position, python=python)

    def inside_fence(self, position: int) -> tuple[int, bool]:
        """*position*, or behind the fence that opens there; and whether there is one."""
        fence = FENCE_START.match(self.content, position)
        return (fence.end(), True) if fence else (position, False)

    def after_fence(self, position: int, fenced: bool) -> int:
        fence = FENCE_END.match(self.content, position) if fenced else None
        return fence.end() if fence else position

    def end_of(self, start: int, broken: Broken) -> int:
        """Where a *broken* structure ends, so that nothing inside it is read as a call of its own."""
        if broken.kind is ProblemKind.TRUNCATED:
            return len(self.content)
        depth = 0
        for part in _PARTS.finditer(self.content, start):
            if part[0] in "[({":
                depth += 1
            elif part[0] in "])}":
                depth -= 1
                if depth <= 0 and part.end() >= broken.position:
                    return part.end()
        return len(self.content)

    def refuse(self, start: int, at: int, broken: Broken, tool: str = "") -> Found:
        """A call that starts at *start* cannot be read; its structure starts at *at*."""
        return Found(self.end_of(at, broken), problems=[explained(broken, start, tool)])

    def call_of(self, start: int, name: str, at: int, shape: str, *, native: bool = False) -> Found:
        """The call of *name*, whose arguments stand at *at*, perhaps in a fence."""
        at, fenced = self.inside_fence(at)
        reader = self.reader(at)
        try:
            arguments: Any = reader.value(AT_TAG)
        except Broken as broken:
            return self.refuse(start, at, broken, name)
        end = self.after_fence(reader.position, fenced)
        return Found(end, [Draft(name, arguments, shape, repairs=reader.repairs)])


# What may follow text that stands between tags.
AT_TAG = re.compile(r"\s*+(?:[<\[`;]|\Z)")
