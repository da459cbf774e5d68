"""How texts are compared: names ignore the case of letters, ids do not, messages are searched by words."""

import re
import unicodedata

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from telemetry.search.tree import Equals, Like, Test, text_of

# The words of a span's own texts, as the index of migration 0004 has them; to the letter, or it is not used.
WORDS = """array_to_tsvector(array_remove(regexp_split_to_array(lower((coalesce(own_name, '') || ' ' || error_type
 || ' ' || error_message) COLLATE pg_c_utf8), '[^[:alnum:]]+'), ''))"""
HAS_WORDS = "(error_message <> '' OR error_type <> '' OR own_name IS NOT NULL)"
_STARTS, _ENDS = r"(?:^|[^[:alnum:]])", r"(?:$|[^[:alnum:]])"
# Postgres and Python may differ in whether these are parts of words: fractions, marks.
_DOUBTFUL = ("No", "Nl", "Mn", "Mc", "Me")


def column(name: str, test: Test, *, exact: bool = False) -> Q:
    """The condition that the text column *name* passes *test*; *exact*: the case of letters counts."""
    match test:
        case Equals(""):
            return Q(**{name: ""})
        case Equals(text):
            return Q(**{name if exact else f"{name}__iexact": text})
        case Like(pattern):
            return Q(**{f"{name}__{'regex' if exact else 'iregex'}": glob(pattern)})
    return ~Q(**{name: ""})


def glob(pattern: str) -> str:
    """The regular expression, in Postgres's dialect, of a whole text like *pattern*."""
    return f"^{'.*'.join(map(escaped, pattern.split('*')))}$"


def escaped(text: str) -> str:
    """*text* as a regular expression of Postgres that matches just it."""
    return re.sub(r"[!-/:-@\[-^`{-~]", r"\\\g<0>", text)


def phrase(test: Test) -> str:
    """The regular expression, in Postgres's dialect, of a lower-case text that has these words in this order."""
    pattern = _lowered(test)
    inner = ".*".join(map(escaped, pattern.split("*") if isinstance(test, Like) else [pattern]))
    return _STARTS * pattern[:1].isalnum() + inner + _ENDS * pattern[-1:].isalnum()


def lexemes(test: Test) -> str:
    """What the words' index is asked before *test* is made, as a ``tsquery``; empty: it cannot help."""
    pattern = _lowered(test)
    if any(unicodedata.category(char) in _DOUBTFUL for char in pattern):
        return ""
    found = []
    for word in re.finditer(r"[^\W_]+", pattern):
        before, after = pattern[: word.start()][-1:], pattern[word.end() :][:1]
        if before != "*":
            found.append(f"'{word[0]}'" + ":*" * (after == "*"))
    return " & ".join(found)


def indexed(test: Test) -> Q:
    """What the words' index knows: no span that passes *test* in one of its own texts is left out."""
    query = lexemes(test)
    return Q(RawSQL(f"({HAS_WORDS} AND {WORDS} @@ %s::tsquery)", [query], BooleanField())) if query else Q()


def is_indexed(test: Test) -> bool:
    """Whether the words' index helps to find what passes *test*."""
    return bool(lexemes(test))


def words(test: Test, *columns: str) -> Q:
    """The condition that one of the text *columns* has the words of *test*."""
    found = " OR ".join(f"lower(coalesce({name}, '') COLLATE pg_c_utf8) ~ %s" for name in columns)
    return indexed(test) & Q(RawSQL(f"({found})", [phrase(test)] * len(columns), BooleanField()))


def _lowered(test: Test) -> str:
    # Letter by letter, as Postgres does it.
    return "".join(low if len(low := char.lower()) == 1 else char for char in text_of(test))
