"""The one line of an error that says what failed, and the class that it names. Pure.

A message may be a traceback, a report over many lines or a sentence in an envelope. What stands in a stack, in the
lines below the first, says where something failed, not what: it is not looked at.
"""

import re
from functools import lru_cache
from typing import NamedTuple

LINE_CHARS = 600
READ_CHARS = 40_000
# A wrapper may name what it wraps, and that again.
MAX_LEADS = 3

_TRACEBACK = re.compile(r"^[\s|+]*(?:Exception Group )?Traceback \(most recent call last\)", re.MULTILINE)
# The margin that a group of exceptions has at its left.
_MARGIN = re.compile(r"^[ ]*[|+](?:[-+ |]*-{4,}[^\n]*| ?)", re.MULTILINE)
_FRAME = re.compile(r'^[ \t]+File ".*$', re.MULTILINE)
_TOOL = r"(?:'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`|[\w./-]+)"
# Words that frameworks put before an error, and which say nothing of it.
_ENVELOPE = re.compile(
    "|".join(
        (
            r"Uncaught (?:\(in promise\) )?(?=[A-Z])",
            r"Unhandled exception[.:] ",
            r"Exception in thread \"[^\"]*\" ",
            r"Caused by: ",
            r"PHP Fatal error:\s+Uncaught ",
            rf"(?:Error|Failed) (?:when |while )?(?:executing|calling|invoking|running) tool(?: {_TOOL})?:\s+",
            rf"Error invoking tool {_TOOL} with kwargs .{{0,300}}? with error:\s+",
            rf"Tool (?:{_TOOL} )?(?:execution |call )?failed(?: with error)?: ",
            r"Error: (?=\w+(?:Error|Exception)\b)",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)
_SUFFIX = "Error|Exception|Fault|Timeout|Interrupt|Exit|Iteration"
_NAME = rf"(?:[A-Za-z_$][\w$]*(?:\.|::|\\|/))*[A-Z_$][\w$]*?(?:{_SUFFIX})"
_LEAD = re.compile(
    rf"(?P<type>{_NAME}|panic)"
    r"(?:(?: \[(?P<code>\w+)\])?(?: \(\w+\))?(?::\s+|:?\s*$)"
    r"|\((?P<quote>['\"]?)(?P<inner>.*)(?P=quote),?\)\.?$)"
)
_TYPE = re.compile(_NAME)


class Headline(NamedTuple):
    """A line that says what failed, the class that it begins with (empty: none), and what follows that."""

    line: str
    error_type: str = ""
    rest: str = ""


def is_traceback(message: str) -> bool:
    """Whether *message* is Python's report of an exception with its stack."""
    return "Traceback (most" in message[:LINE_CHARS] and _TRACEBACK.search(message[:LINE_CHARS]) is not None


@lru_cache(8)  # the type is asked for, then the layer
def headline(message: str) -> Headline:
    """What the *message* says in one line: the exception of a traceback, else the first line."""
    text = exception_of(message) if is_traceback(message) else message[:READ_CHARS].lstrip()
    line, _, below = _without_envelopes(text).partition("\n")
    line = line[:LINE_CHARS].rstrip()
    if not (found := _LEAD.match(line)):
        return Headline(line, "", line)
    error_type, code = found["type"], found["code"] or ""
    if found["inner"] is not None:
        return Headline(line, error_type, found["inner"])
    # Node's DOMException [AbortError]: the name that tells is in the brackets.
    error_type = code if _TYPE.fullmatch(code) else error_type
    return Headline(line, error_type, line[found.end() :] or below.lstrip().partition("\n")[0][:LINE_CHARS])


def wrapped(head: Headline) -> list[Headline]:
    """*head*, and what it names behind its own class: the outermost first."""
    found = [head]
    while found[-1].error_type and len(found) < MAX_LEADS:
        found.append(headline(found[-1].rest))
    return found


def _without_envelopes(text: str) -> str:
    for _ in range(MAX_LEADS):
        if not (envelope := _ENVELOPE.match(text)):
            break
        text = text[envelope.end() :]
    return text


def exception_of(traceback: str) -> str:
    """What follows the last frame of a *traceback*: the exception, over all its lines."""
    text = traceback[:READ_CHARS]
    if "Exception Group" in text:
        text = _MARGIN.sub("", text)
    frames = list(_FRAME.finditer(text))
    rest = text[frames[-1].end() :] if frames else text.partition("\n")[2]
    lines = rest.splitlines()
    # The exception stands at the margin; a frame's line of source is indented.
    at = [number for number, line in enumerate(lines) if line[:1].strip()]
    typed = [
        number for number in at if (found := _LEAD.match(lines[number][:LINE_CHARS])) and found["inner"] is None
    ]
    first = next(iter(typed or at), None)
    return text.strip() if first is None else "\n".join(lines[first:]).strip()
