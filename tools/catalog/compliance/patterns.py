"""Regular expressions that people write: compiled, tried out, and never run without a time limit.

The library ``regex`` is used for its ``timeout``: a pattern that backtracks without end is stopped.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import regex

# Of processor time, for one pattern on one text. A shipped rule needs 6 ms at most, on the longest text.
TIME_LIMIT_S = 0.1
# What a text may have; a pattern is tried on texts of this size before it is accepted.
MAX_TEXT_CHARS = 20_000


class BadPattern(ValueError):
    """A pattern that cannot be used; the message is one sentence that says where and why."""


class TooSlow(Exception):
    """A pattern did not finish within its time limit."""


@lru_cache(maxsize=2000)
def compile_pattern(source: str) -> Any:
    """The compiled pattern; upper and lower case count as the same. Raises BadPattern with the position."""
    try:
        return regex.compile(source, regex.IGNORECASE)
    except regex.error as error:
        position = min(error.pos or 0, len(source))
        before, after = source[max(0, position - 15) : position], source[position : position + 15]
        message = (
            f"The pattern cannot be read at character {position + 1}: {error.msg}. Look here: {before}▶{after}"
        )
        raise BadPattern(message) from None


def find(source: str, text: str, time_limit_s: float = TIME_LIMIT_S) -> Iterator[Any]:
    """The matches of a pattern that hold at least one character. Raises TooSlow or BadPattern."""
    try:
        for match in compile_pattern(source).finditer(text, timeout=time_limit_s):
            if match.end() > match.start():
                yield match
    except TimeoutError:
        raise TooSlow(source) from None


def holds(source: str, text: str, time_limit_s: float = TIME_LIMIT_S) -> bool:
    """Whether the pattern occurs in *text*. Raises TooSlow or BadPattern."""
    return next(find(source, text, time_limit_s), None) is not None


def check_speed(source: str, example: str) -> None:
    """Refuse a pattern that is slow on long, repetitive texts. Raises BadPattern that says what to change."""
    longest = [example.strip() + " ", example.strip(), "a", "a ", "1", " "]
    for piece in longest:
        long_text = (piece * MAX_TEXT_CHARS)[: MAX_TEXT_CHARS - 1] + "!"
        try:
            for _ in find(source, long_text):
                pass
        except TooSlow:
            raise BadPattern(
                f"The pattern takes more than {TIME_LIMIT_S * 1000:.0f} ms on {MAX_TEXT_CHARS} characters such as "
                f"“{long_text[:20]}…”: bound its repetitions, for example .{{0,40}} instead of .*, and nest none."
            ) from None


def expand(match: Any, template: str) -> str:
    """*template* with the groups of *match* filled in. Raises BadPattern for a group that there is not."""
    try:
        return str(match.expand(template))
    except (regex.error, IndexError) as error:
        raise BadPattern(f"The replacement does not fit the pattern: {error}.") from None
