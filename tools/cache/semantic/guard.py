"""What has to be word for word the same in two questions that may share an answer, however alike they sound."""

import re
import tomllib
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

_WORDS = {
    name: frozenset(words.split())
    for name, words in tomllib.loads(Path(__file__).with_name("dictionary.toml").read_text()).items()
}
# A change of one of these turns a question around, and hardly moves its vector.
_TURNING = _WORDS["turning"] | _WORDS["numbers"]
_QUOTED = re.compile(r'"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»|`([^`]*)`')
# As many words as a threshold is meant for.
SHORT_WORDS = 8
# A minus before a word leaves it out, as search engines read it.
_WORD = re.compile(r"(?<!\w)-?[\w$€£%#@+][\w.,:/@#&+%'’$€£-]*")
_ENDING = ".,:'’-/"


def guard(text: str) -> str:
    """A text's own marks, in a form that is equal for two texts that have the same.

    These are numbers, dates, ids, quoted strings, names, words left out by a minus, and words that turn a question
    around. Two questions with different guards never share an answer.
    """
    text = unicodedata.normalize("NFKC", text)
    quotes = (next(filter(None, found.groups()), "") for found in _QUOTED.finditer(text))
    marks = ['"' + " ".join(quoted.split()) for quoted in quotes]
    rest = _QUOTED.sub(" ", text)
    words = [word.rstrip(_ENDING) for word in _WORD.findall(rest)]
    for number, word in enumerate(words):
        marks += _marks_of(word, begins=number == 0)
    marks += _sides(words)
    counted = Counter(filter(None, marks))
    return "\n".join(f"{count} {mark}" for mark, count in sorted(counted.items()))


def least_likeness(text: str, threshold: float) -> float:
    """The least cosine that makes another question the same as *text*: *threshold*, and more for a long text.

    Vectors are means over words, so that one word of twenty moves them half as far as one of ten.
    """
    return 1 - (1 - threshold) * min(1.0, SHORT_WORDS / max(1, len(text.split())))


def _sides(words: list[str]) -> list[str]:
    lower = [word.lower() for word in words if word.lower() not in _WORDS["articles"]]
    if "from" not in lower and not _WORDS["sides"].difference({"to"}).intersection(lower):
        return []  # "to" alone is half a verb
    return [f"{one} {other}" for one, other in pairwise(lower) if one in _WORDS["sides"]]


def _marks_of(word: str, *, begins: bool) -> list[str]:
    low = word.lower().replace("’", "'")
    if low.startswith("-"):
        return [low]
    if low.endswith("n't"):
        return ["not"]
    plain = low.removesuffix("'s")
    if plain in _TURNING:
        return [plain]
    if not word.isalpha() and (any(not sign.isalpha() and sign not in "'’-" for sign in word)):
        return [low]
    # A name, unless it only begins the sentence; what has capitals inside is one there too.
    if word[:1].isupper() and (not begins or word[1:].lower() != word[1:]):
        return [low.removesuffix("'s")]
    return []
