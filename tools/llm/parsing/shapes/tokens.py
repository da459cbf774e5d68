"""Calls between special tokens: DeepSeek, Kimi, Mistral, and OpenAI's open models (harmony)."""

import re

from tools.llm.parsing.parsed import Broken, Found, ProblemKind
from tools.llm.parsing.shapes.base import TextShape
from tools.llm.parsing.shapes.marked import read_marked
from tools.llm.parsing.shapes.pythonic import read_calls
from tools.llm.parsing.text import NAME, Text

_SEP = r"<[｜|]tool[▁_](?:sep|call[▁_]argument[▁_]begin)[｜|]>"
_END = re.compile(r"\s*+<[｜|]tool[▁_]call[▁_]end[｜|]>")
_CALL = re.compile(rf"\s*+(?:function\s*+{_SEP})?\s*+({NAME})\s*+(?:{_SEP})?\s*+")
_INVOKE = re.compile(r"<(?:[a-z]{1,20}:)?invoke\s")
_MISTRAL = re.compile(
    rf"\s*+(?:(?P<json>\[(?=\s*+\{{)|\{{)|(?P<list>\[)"
    rf"|(?P<name>{NAME})\s*+(?:\[CALL_ID\]\s*+(?P<id>\w{{1,64}}+))?\s*+(?:\[ARGS\])?\s*+(?=\{{))"
)
_MESSAGE_END = re.compile(r"<\|(?:end|call|return)\|>|(?=<\|start\|>)")


def _cut_short(text: Text, opener: re.Match[str]) -> Found:
    at = opener.start()
    kind = (
        ProblemKind.MALFORMED if text.content[opener.end() : opener.end() + 300].strip() else ProblemKind.TRUNCATED
    )
    broken = Broken(kind, "no name and arguments follow its token", opener.end())
    return text.refuse(at, at, broken)


def _call(text: Text, opener: re.Match[str]) -> Found:
    call = _CALL.match(text.content, opener.end())
    if call is None:
        return _cut_short(text, opener)
    if _INVOKE.match(text.content, call.end()):
        return Found(call.end())  # the call has a tag of its own
    found = text.call_of(opener.start(), call[1], call.end(), "tokens")
    for draft in found.drafts:
        if ":" in call[1]:
            draft.call_id = call[1]  # Kimi: the name with its number is the id
    end = _END.match(text.content, found.end)
    return found._replace(end=end.end() if end else found.end)


def _mistral(text: Text, opener: re.Match[str]) -> Found:
    content = _MISTRAL.match(text.content, opener.end())
    if content is None:
        return _cut_short(text, opener)
    if content["json"]:
        return read_marked(text, opener.start(), content.start("json"), "mistral")
    if content["list"]:
        return read_calls(text, opener.start(), content.start("list"), "mistral")
    found = text.call_of(opener.start(), content["name"], content.end(), "mistral")
    for draft in found.drafts:
        draft.call_id = content["id"] or ""
    return found


def _harmony(text: Text, opener: re.Match[str]) -> Found:
    name = opener["to"] or opener["too"]
    end = _MESSAGE_END.search(text.content, opener.end())
    if opener["channel"] not in {"commentary", "final"}:  # a thought
        return Found(end.end() if end else len(text.content))
    if name is None or name == "assistant":
        return Found(opener.end())
    found = text.call_of(opener.start(), name, opener.end(), "harmony")
    end = _MESSAGE_END.match(text.content, found.end)
    return found._replace(end=end.end() if end else found.end)


def _marker(text: Text, opener: re.Match[str]) -> Found:
    return Found(opener.end())


CALL = TextShape(r"<[｜|]tool[▁_]call[▁_]begin[｜|]>", _call)
MISTRAL = TextShape(r"\[TOOL_CALLS\]", _mistral)
HARMONY = TextShape(
    rf"(?:<\|start\|>assistant(?:\s++to=(?P<to>{NAME}))?\s*+)?<\|channel\|>\s*+(?P<channel>\w++)"
    rf"(?:\s++to=(?P<too>{NAME}))?[^<]{{0,80}}+(?:<\|constrain\|>\s*+\w++\s*+)?<\|message\|>",
    _harmony,
)
# What is left of markers when their calls are taken out.
MARKER = TextShape(
    r"<[｜|]tool[▁_]call[▁_]end[｜|]>|<[｜|]tool[▁_]calls(?:[▁_]section)?[▁_](?:begin|end)[｜|]>|<｜(?:end▁of▁sentence|DSML｜function_calls)｜?>"
    r"|</?(?:antml:|minimax:)?function_calls>|</｜DSML｜function_calls>|<\|(?:im_end|eot_id|eom_id|call|end|return)\|>"
    r"|</(?:longcat_|[a-z]{1,20}:)?(?:tool_calls?|function|function_calls?|invoke)>|<\|start\|>assistant(?=<)|\[/TOOL_CALLS\]",
    _marker,
)
