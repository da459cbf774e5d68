"""What is never run: thoughts, and the output of tools that a model quotes."""

import re
from functools import cache

from tools.llm.parsing.parsed import Found, Problem, ProblemKind
from tools.llm.parsing.shapes.base import TextShape
from tools.llm.parsing.text import Text

_THOUGHT = r"think|thinking|thoughts?|reasoning|reflection|scratchpad|inner_thoughts|inner_monologue|analysis"
_OUTPUT = (
    r"tool_responses?|tool_results?|tool_outputs?|function_results?|function_responses?|function_outputs?"
    r"|observations?|search_results?|tool_use_results?"
)
# Special tokens, with what ends them.
_TOKENS = [
    (r"\[THINK\]", r"\[/THINK\]", ProblemKind.THOUGHT),
    (r"◁think▷", r"◁/think▷", ProblemKind.THOUGHT),
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>", ProblemKind.THOUGHT),
    (
        r"<\|channel\|>\s*+(?:analysis|thoughts?|thinking|reasoning)\b",
        r"<\|(?:end|call|return)\|>|(?=<\|start\|>)",
        ProblemKind.THOUGHT,
    ),
    (r"\[TOOL_RESULTS\]", r"\[/TOOL_RESULTS\]", ProblemKind.QUOTED_OUTPUT),
    (r"<｜tool▁outputs?▁begin｜>", r"<｜tool▁outputs?▁end｜>", ProblemKind.QUOTED_OUTPUT),
    (r"<\|im_start\|>(?:tool|user|system)", r"<\|im_end\|>", ProblemKind.QUOTED_OUTPUT),
    (r"<\|start_header_id\|>(?:ipython|tool|user|system)", r"<\|eot_id\|>", ProblemKind.QUOTED_OUTPUT),
    (r"\n[ \t]*+(?:\*\*)?Observation(?: \d+)?(?:\*\*)?:", r"\Z", ProblemKind.QUOTED_OUTPUT),
    (r"\n[ \t]*+(?:\*\*)?Thought(?: \d+)?(?:\*\*)?:", r"(?=\n)|\Z", None),
]
_ENDS = [(re.compile(opener), re.compile(end), kind) for opener, end, kind in _TOKENS]
# A thought whose opening tag stood in the prompt.
ORPHAN = rf"(?i:</(?:\w{{1,20}}+:)?(?:{_THOUGHT})\s*+>|\[/THINK\])|◁/think▷|<\|end_of_thought\|>"


@cache
def _tags(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?i)<(/?)(?:\w{{1,20}}+:)?{name}(?=[\s>/])[^<>]{{0,200}}+>?")


def _tag(text: Text, opener: re.Match[str]) -> Found:
    """Up to the tag that closes this one, those of the same name inside it counted."""
    name = opener[0].lstrip("<").split(":")[-1].lower()
    kind = ProblemKind.THOUGHT if re.fullmatch(_THOUGHT, name) else ProblemKind.QUOTED_OUTPUT
    depth, end = 0, -1
    for tag in _tags(name).finditer(text.content, opener.start()):
        if tag[0].endswith("/>"):
            continue
        depth += -1 if tag[1] else 1
        if depth == 0:
            end = tag.end()
            break
    return _quiet(text, opener.start(), end, kind)


def _token(text: Text, opener: re.Match[str]) -> Found:
    start = opener.start()
    for begins, ends, kind in _ENDS:
        if begins.match(text.content, start):
            end = ends.search(text.content, opener.end())
            if kind is None:  # people read the line of a ReAct thought
                return Found(end.start() if end else len(text.content), keep=True)
            to_the_end = end is not None and end.re.pattern == r"\Z"
            return _quiet(text, start, -1 if end is None or to_the_end else end.end(), kind)
    raise AssertionError("an opener that no token has")


def _quiet(text: Text, start: int, end: int, kind: ProblemKind) -> Found:
    if end >= 0:
        return Found(end)
    what = "thought" if kind is ProblemKind.THOUGHT else "quoted output of a tool"
    message = f"A {what} starts here and has no end, so nothing after it was run."
    return Found(len(text.content), problems=[Problem(kind, message, start)])


def _orphan(text: Text, closer: re.Match[str]) -> Found:
    return Found(closer.end(), ends_thought=True)


TAG = TextShape(rf"(?i:<(?:\w{{1,20}}+:)?(?:{_THOUGHT}|{_OUTPUT}))(?=[\s>/])", _tag)
TOKEN = TextShape("|".join(opener for opener, _, _ in _TOKENS), _token)
THOUGHT_END = TextShape(ORPHAN, _orphan)
