"""Which vendor somebody means who does not spell like our table."""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz

from tools.catalog.sales.models.searching import words_of
from tools.errors import ReturnedFailure

# Scores of likeness: taken as meant, worth suggesting, and how far apart two have to be to tell them apart.
SURE, NEAR, APART = 86, 65, 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A vendor by its name and aliases."""

    pk: int
    name: str
    aliases: tuple[str, ...]
    is_us: bool


def match(asked: str, candidates: Iterable[Candidate]) -> Candidate:
    """The vendor meant by *asked*, by name, alias or likeness.

    Raises ReturnedFailure with suggestions: ``not_found``, ``ambiguous``, or ``is_us`` for our own product.
    """
    known = list(candidates)
    spelled = {_plain(text): candidate for candidate in known for text in (*candidate.aliases, candidate.name)}
    found = spelled.get(_plain(asked)) or _alike(asked, known)
    if found.is_us:
        raise ReturnedFailure(
            f"{found.name} is our own product, not a competitor.",
            code="is_us",
            hint="leave competitor_name out to compare us with all competitors",
        )
    return found


def _alike(asked: str, known: list[Candidate]) -> Candidate:
    rivals = [candidate for candidate in known if not candidate.is_us]
    scored = [(max(_likeness(asked, text) for text in (c.name, *c.aliases)), c) for c in rivals]
    scored.sort(key=lambda pair: -pair[0])
    near = [candidate.name for score, candidate in scored if score >= NEAR][:3]
    if scored and scored[0][0] >= SURE:
        if len(scored) == 1 or scored[0][0] - scored[1][0] >= APART:
            return scored[0][1]
        raise ReturnedFailure(
            f"{asked[:80]!r} may be {' or '.join(near[:2])}.", code="ambiguous", hint="send one of these names"
        )
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ReturnedFailure(
        f"there is no competitor {asked[:80]!r} in our records.{meant}",
        code="not_found",
        hint=f"known competitors: {', '.join(candidate.name for candidate in rivals)}",
    )


def _likeness(asked: str, text: str) -> float:
    """0 to 100. Short words are like too many things."""
    one, other = _plain(asked), _plain(text)
    if min(len(one), len(other)) < 4:
        return 0.0
    return float(fuzz.WRatio(one, other))


def _plain(text: str) -> str:
    return " ".join(words_of(text))
