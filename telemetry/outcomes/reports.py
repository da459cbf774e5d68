"""What an error's report says, apart from its stack. Pure.

A message may be, or end in, the report that a language makes of an error: words, the class, the places it passed
through. LangChain puts Python's traceback right behind the words, OpenInference in JavaScript an error's stack
below them.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from telemetry.outcomes.leads import LEAD, LINE_CHARS, class_of, without_envelopes

READ_CHARS = 40_000
# So often a text may name a traceback that none follows.
MAX_MENTIONS = 4
# Line breaks between words and the stack that says them again.
MAX_BREAKS = 4

_MARK = "Traceback (most recent call last)"
_GROUP = "Exception Group "
# What stands behind the mark where it does not begin a line.
_FRAMES = re.compile(r":(?:\s[\s|+]*File \"|\s*\Z)")
# The margin that a group of exceptions has at its left.
_MARGIN = re.compile(r"^[ ]*[|+](?:[-+ |]*-{4,}[^\n]*| ?)", re.MULTILINE)
_FRAME = re.compile(r'^[ \t]+File ".*$', re.MULTILINE)
_RAISED = re.compile(r"(?P<type>[A-Za-z_]\w*(?:\.\w+)*)(?::\s|\s*$)")
# The first place of a stack: of JavaScript (also Firefox's), of Java and .NET, of Go, PHP and Rust.
_AT = r"^[ \t]*at (?:async )?"
_PLACE = re.compile(
    "|".join(
        (
            rf"{_AT}(?:[^\n(]{{0,300}} )?\((?:[^()\n]{{0,300}}[./\\][^()\n]{{0,300}}|node:\w+):\d+(?::\d+)?\)\r?$",
            rf"{_AT}[^\n(]{{0,300}} \((?:<anonymous>|native|index \d+|eval at [^\n]+)\)\r?$",
            rf"{_AT}(?:[^\s:]{{0,300}}[./\\:]\S{{0,300}}|<anonymous>):\d+:\d+\r?$|{_AT}<anonymous>\r?$",
            r"^[ \t]+at [\w$./`@+<>-]{1,200}[.][\w$`<>]{1,100}\([^()\n]{0,300}\)(?: in [^\n]+)?\r?$",
            r"^[\w$./<>*]{0,100}@\w+://\S{1,300}:\d+:\d+\r?$",
            *(r"^goroutine \d+ \[[^\n\]]*\]:\r?$", r"^Stack trace:\r?\n#0 ", r"^stack backtrace:\r?$"),
        )
    ),
    re.MULTILINE,
)
# The line with which a stack of JavaScript begins; it says the words again.
_THROWN = re.compile(r"^(?P<type>[A-Za-z_$][\w$.]*)(?: \[\w+\])?: ", re.MULTILINE)
_BARE = re.compile(r"(?P<type>Error|Exception)(?: \[(?P<code>\w+)\])?(?::\s+|:?\s*$)")


class Report(NamedTuple):
    """What an error says, the class its report begins with, and the report with its stack.

    The latter two are empty where there is no stack; *said* is where there is nothing but one, as one cut off.
    """

    said: str
    error_type: str = ""
    stack: str = ""


@lru_cache(8)  # the type is asked for, then the layer, then the stack
def report_of(message: str) -> Report:
    """The words and the stack of a *message*; most have none and are what they say."""
    if (at := _traceback_in(message)) >= 0:
        said = _exception(message[at:], message[:at].strip())
        raised = _RAISED.match(said[:LINE_CHARS].partition("\n")[0])
        return Report(said, raised["type"] if raised else "", message)
    place = _PLACE.search(message[:READ_CHARS]) if "\n" in message else None
    if place and (before := message[: place.start()].strip()):
        error_type, said = _thrown(before)
        return Report(said or error_type, error_type, message)
    return Report(message)


def _traceback_in(message: str) -> int:
    """Where Python's traceback begins in *message*; -1 if there is none."""
    at = message.find(_MARK)
    for _ in range(MAX_MENTIONS):
        if at < 0:
            break
        line = message.rfind("\n", 0, at) + 1
        begins = not message[line:at].replace(_GROUP, "").strip(" \t|+")
        if begins or _FRAMES.match(message, at + len(_MARK)):
            return line if begins else at
        at = message.find(_MARK, at + 1)
    return -1


def _exception(traceback: str, before: str) -> str:
    """What follows the last frame of a *traceback*, the exception over all its lines; else what is *before*."""
    if _GROUP in traceback[:LINE_CHARS]:
        traceback = _MARGIN.sub("", traceback[:READ_CHARS])
    elif len(traceback) > READ_CHARS:
        traceback = traceback[max(0, traceback.rfind('\n  File "')) :]
    text = traceback[:READ_CHARS]
    frames = list(_FRAME.finditer(text))
    lines = (text[frames[-1].end() :] if frames else text.partition("\n")[2]).splitlines()
    # The exception stands at the margin; a frame's line of source is indented.
    at = [number for number, line in enumerate(lines) if line[:1].strip()]
    typed = [
        number for number in at if (found := LEAD.match(lines[number][:LINE_CHARS])) and found["inner"] is None
    ]
    if not typed and LEAD.match(before.partition("\n")[0][:LINE_CHARS]):
        return before
    first = next(iter(typed or at), None)
    return before if first is None else "\n".join(lines[first:]).strip()


def _thrown(before: str) -> tuple[str, str]:
    """The class and the words of what stands *before* a stack."""
    for found in _THROWN.finditer(before):
        again = before[found.end() :] if 0 < 2 * found.start() - len(before) + len(found[0]) <= MAX_BREAKS else ""
        if again and before[: found.start()].rstrip() == again:
            return found["type"], again
    text = without_envelopes(before)
    line = text.partition("\n")[0][:LINE_CHARS]
    if (lead := LEAD.match(line) or _BARE.match(line)) is None:
        return "", before
    if (inner := lead.groupdict().get("inner")) is not None:
        return class_of(lead), inner
    return class_of(lead), text[lead.end() :].strip()
