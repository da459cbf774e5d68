"""What stands around calls only to hold them, and goes with them: a provider's tags, special tokens, a label."""

import re
from collections.abc import Iterable

_TAG = r"(?P<tag>[A-Za-z][\w:.-]{0,40}+)"
_TOKEN = r"<\|\w{1,40}+\|>"
_BEFORE = re.compile(rf"(?:<{_TAG}>|{_TOKEN}|\bTOOL_CALLS?:)\s{{0,16}}+\Z")
_AFTER = re.compile(rf"\s*+(?:</{_TAG}>|{_TOKEN})")
# Tags that hold calls by their name, so that one of them alone is no text either.
_OF_CALLS = re.compile(r"(?i)tool|function|invoke|action")
LABEL_LINE = re.compile(r"(?m)^[ \t]*+TOOL_CALLS?:[ \t]*+(?:\n|\Z)")
BETWEEN = " \t\r\n,;"
MAX_BEFORE = 64
MAX_LEVELS = 4


def widened(content: str, cuts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """*cuts*, neighbours as one, each with what wraps it and nothing else."""
    groups: list[tuple[int, int]] = []
    for start, end in sorted(cuts):
        if groups and not content[groups[-1][1] : start].strip(BETWEEN):
            groups[-1] = (groups[-1][0], max(end, groups[-1][1]))
        else:
            groups.append((start, end))
    return [_wide(content, start, end) for start, end in groups]


def _wide(content: str, start: int, end: int) -> tuple[int, int]:
    for _ in range(MAX_LEVELS):
        before = _BEFORE.search(content, max(0, start - MAX_BEFORE), start)
        after = _AFTER.match(content, end)
        opening, closing = before and before["tag"], after and after["tag"]
        pair = opening is not None and opening == closing
        wider = (
            before.start() if before and (pair or opening is None or _OF_CALLS.search(opening)) else start,
            after.end() if after and (pair or closing is None or _OF_CALLS.search(closing)) else end,
        )
        if wider == (start, end):
            break
        start, end = wider
    return start, end
