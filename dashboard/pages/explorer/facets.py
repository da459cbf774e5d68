"""What a search can be narrowed by: the values that its matches have, each a link. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.addresses import query_terms
from dashboard.pages.explorer.questions import Question
from dashboard.wording.states import outcome_state
from telemetry.search import Facets, FacetValue

SHOWN = 8
LABELS = {"provider": "Provider", "role": "Caller role"}


@dataclass(frozen=True, slots=True)
class Value:
    """``query`` narrows to the value, or widens again where it is ``current``; ``without`` leaves it out."""

    label: str
    count: int
    width: float
    current: bool
    query: str
    without: str


@dataclass(frozen=True, slots=True)
class Group:
    """The commonest values of one key; ``more`` are not listed."""

    key: str
    label: str
    values: Sequence[Value]
    more: int


def groups(found: Facets, question: Question) -> list[Group]:
    """A group for each key of which the matches have a value."""
    return [
        Group(
            key=key,
            label=key.replace("_", " ").capitalize(),
            values=[_value(key, value, question) for value in values[:SHOWN]],
            more=max(len(values) - SHOWN, 0) + found.beyond.get(key, 0),
        )
        for key, values in found.items()
        if values
    ]


def _value(key: str, found: FacetValue, question: Question) -> Value:
    term = query_terms.term(key, found.value)
    current = query_terms.has(question.text, term)
    return Value(
        label=outcome_state(found.value).word if key == "outcome" else found.value,
        count=found.count,
        width=100 * found.share,
        current=current,
        query=(question.without(term) if current else question.narrowed(term)).query(),
        without=question.without(term).narrowed(f"not {term}").query(),
    )
