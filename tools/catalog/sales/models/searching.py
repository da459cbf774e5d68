"""Full-text search that forgives accents and case, without a Postgres extension.

Names, e-mails and companies are folded to plain lower-case letters, both in the generated column that
Postgres indexes and in the words asked for. Every word may be the beginning of a word, so that `mull`
finds "Müller". (`pg_trgm` and `unaccent` would need extensions that the embedded Postgres lacks.)
"""

import re
import unicodedata
from typing import Any

from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db.models import F, Func, GeneratedField, TextField, Value
from django.db.models.functions import Coalesce, Lower
from django.db.models.functions.text import Replace

# Letters that Unicode does not take apart into a letter and an accent, and the signs that Postgres's parser
# would glue into e-mail addresses, host names and signed numbers.
_LETTERS = {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ı": "i"}
_LONG = {"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
_SIGNS = "@._-/+&'’"
_MOST_WORDS = 8


def words_of(text: str) -> list[str]:
    """The words of *text* as the index holds them: lower case, without accents; at most eight."""
    for letter, plain in (_LETTERS | _LONG).items():
        text = text.replace(letter, plain)
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return re.findall(r"\w+", bare.lower().replace("_", " "))[:_MOST_WORDS]


class _Apart(Func):
    template = "NORMALIZE(%(expressions)s, NFKD)"
    output_field = TextField()


class _WithoutAccents(Func):
    # A generated column cannot have parameters, so the pattern is part of the template.
    template = "REGEXP_REPLACE(%(expressions)s, U&'[\\0300-\\036F]', '', 'g')"
    output_field = TextField()


class _Translate(Func):
    function = "TRANSLATE"
    output_field = TextField()


def folded(column: str) -> Any:
    """The SQL expression that does to *column* what ``words_of`` does to a query."""
    text: Any = Coalesce(F(column), Value(""), output_field=TextField())
    for letter, plain in _LONG.items():
        text = Replace(text, Value(letter), Value(plain))
    text = _Translate(text, Value("".join(_LETTERS)), Value("".join(_LETTERS.values())))
    text = Lower(_WithoutAccents(_Apart(text)))
    return _Translate(text, Value(_SIGNS), Value(" " * len(_SIGNS)))


def search_column(first: list[str], second: list[str]) -> GeneratedField:
    """A stored column with the words of *first* (which rank higher) and of *second*."""
    vectors = SearchVector(*map(folded, first), config="simple", weight="A") + SearchVector(
        *map(folded, second), config="simple", weight="B"
    )
    return GeneratedField(expression=vectors, output_field=SearchVectorField(), db_persist=True)
