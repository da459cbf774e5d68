"""Changing a query by a click: a term is added to its text, or taken out of it. Pure.

Only the outermost words are looked at: what stands in quotes or in brackets is one word with its key. Whether two
words mean the same is for the search language to say. A text that is no query comes back as it is, or wrong still.
"""

import re
from functools import lru_cache

from telemetry import search

# A key with its operator, a quoted text, a bracket, white space, or anything else.
TOKEN = re.compile(
    r"""(?<![^\s()"-])[A-Za-z_][^\s()"<>=:!]*[<>=:!]+\s* | "(?:\\.|[^"\\])*"? | [()] | \s+ | [^\s()"]+""",
    re.VERBOSE,
)
PLAIN = re.compile(r"\w[\w.@/:+-]*")
JOINTS = ("and", "or", "not")


def term(key: str, value: str) -> str:
    """``key:value``; the value in quotes where it would not mean itself without them."""
    if PLAIN.fullmatch(value) and value.lower() not in JOINTS:
        return f"{key}:{value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{key}:"{escaped}"'


def words(text: str) -> list[str]:
    """The outermost words of *text*, in order; ``not`` is one with the word after it."""
    found: list[str] = []
    current, depth = "", 0
    for token in TOKEN.findall(text):
        begins = token == "(" and not re.search(r"[-<>=:!]\s*$", current)
        if depth == 0 and (token.isspace() or begins):
            found.append(current)
            current = ""
        depth = max(0, depth + (token == "(") - (token == ")"))
        current += token
        if depth == 0 and token == ")":
            found.append(current)
            current = ""
    return _bind([word.strip() for word in [*found, current] if word.strip()])


def has(text: str, wanted: str) -> bool:
    """Whether *wanted* is one of the terms that every match of *text* fulfils."""
    return not is_choice(text) and _meaning(wanted) in map(_meaning, words(text))


def with_terms(text: str, *wanted: str) -> str:
    """*text* narrowed by *wanted*; a choice (``a or b``) is put in brackets first."""
    narrowed = f"({text.strip()})" if is_choice(text) else text.strip()
    return " ".join(part for part in (narrowed, *(one for one in wanted if not has(text, one))) if part)


def without_terms(text: str, *unwanted: str) -> str:
    """*text* without the outermost terms *unwanted*; a choice is left as it is."""
    meanings = set(map(_meaning, unwanted))
    return _without(text, {word for word in words(text) if _meaning(word) in meanings})


def without_times(text: str) -> str:
    """*text* without what it says of time."""
    return _without(text, set(filter(is_time, words(text))))


def is_choice(text: str) -> bool:
    """Whether *text* is ``a or b``."""
    return any(word.lower() == "or" for word in words(text))


def is_time(word: str) -> bool:
    """Whether *word* says from when or until when."""
    try:
        return bool(search.parse(word).times)
    except search.SearchError:
        return False


@lru_cache(maxsize=4096)
def _meaning(word: str) -> str:
    """*word* as the search language writes it, so that what means the same is equal."""
    try:
        return str(search.parse(word))
    except search.SearchError:
        return word


def _without(text: str, unwanted: set[str]) -> str:
    if not unwanted or is_choice(text):
        return text
    kept = [word for word in words(text) if word not in unwanted and word.lower() != "and"]
    # The brackets that ``with_terms`` gave a choice go with the last term beside it.
    return kept[0][1:-1] if len(kept) == 1 and kept[0][0] + kept[0][-1] == "()" else " ".join(kept)


def _bind(found: list[str]) -> list[str]:
    bound: list[str] = []
    for word in reversed(found):
        if word.lower() == "not" and bound:
            bound[-1] = f"{word} {bound[-1]}"
        else:
            bound.append(word)
    return bound[::-1]
