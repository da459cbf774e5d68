"""Which variant of a prompt a model is given: by whose model it is, whoever hosts it. Pure."""

from collections.abc import Collection
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache

from tools.llm.prompts.errors import CannotRender


class Family(StrEnum):
    """How models want to be spoken to."""

    DETAILED = "detailed"  # in whole paragraphs, with reasons: OpenAI's and Anthropic's
    STRUCTURED = "structured"  # in headings and numbered steps: open models
    BRIEF = "brief"  # in five lines at most: Gemini


class Rung(StrEnum):
    """How much is said, the most first."""

    DETAILED = "detailed"
    SIMPLE = "simple"
    MINIMAL = "minimal"


Key = tuple[Family, Rung]
# The first that fits a model's name, in small letters and without the path before it.
PATTERNS: tuple[tuple[str, Family], ...] = (
    ("gpt-oss*", Family.STRUCTURED),
    ("gpt-j*", Family.STRUCTURED),
    ("gpt-neo*", Family.STRUCTURED),
    ("gpt-*", Family.DETAILED),
    ("ft:gpt-*", Family.DETAILED),
    ("chatgpt-*", Family.DETAILED),
    ("o[0-9]*", Family.DETAILED),
    ("claude*", Family.DETAILED),
    ("*anthropic.claude*", Family.DETAILED),  # as Bedrock has it
    ("gemini*", Family.BRIEF),
    ("*", Family.STRUCTURED),
)


@lru_cache(maxsize=1024)
def family_of(model: str) -> Family:
    """The family of *model*, as its host calls it: `anthropic/claude-sonnet-5-5`, `models/gemini-3.8-flash`."""
    name = model.lower().rpartition("/")[2]
    return next(family for pattern, family in PATTERNS if fnmatchcase(name, pattern))


def chosen(variants: Collection[Key], family: Family, rung: Rung) -> Key:
    """The one of *variants* for *family* at *rung*, or the next simpler one, or the detailed one of any family.

    Raises CannotRender where there is none of these.
    """
    rungs = list(Rung)
    simpler = [(family, each) for each in rungs[rungs.index(rung) :]]
    detailed = [(family, Rung.DETAILED), *((each, Rung.DETAILED) for each in Family)]
    for key in (*simpler, *detailed):
        if key in variants:
            return key
    raise CannotRender(f"There is no variant for {named((family, rung))}, and no detailed one to fall back to.")


def rung_of(word: str) -> Rung:
    """Raises CannotRender for a word that is none."""
    try:
        return Rung(word)
    except ValueError:
        raise CannotRender(f"There is no rung {word!r}; there are detailed, simple and minimal.") from None


def named(key: Key) -> str:
    return f"{key[0].value}/{key[1].value}"
