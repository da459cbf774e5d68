"""What a query asks of which table: its terms as conditions, joined as they were.

Words of series, outcomes and shared attributes are looked up first, each in its small table, so that what is asked
of spans is a set of ids that an index serves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from telemetry.search.tree import And, Node, Not, Or, Term
from telemetry.semconv import Outcome

ALL_OUTCOMES = frozenset({"", *(str(outcome) for outcome in Outcome)})


@dataclass(frozen=True, slots=True)
class OfSeries:
    """A condition on ``telemetry_series``, of which rollups know too."""

    q: Q


@dataclass(frozen=True, slots=True)
class OfOutcome:
    """One of these outcomes, of which rollups know too; "" is that of a span that is no tool call."""

    outcomes: frozenset[str]


@dataclass(frozen=True, slots=True)
class OfSet:
    """A condition on ``telemetry_attribute_set``."""

    q: Q


@dataclass(frozen=True, slots=True)
class OfSpan:
    """A condition on ``telemetry_span``; ``is_indexed``: an index finds what passes it, if that is rare."""

    q: Q
    is_indexed: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """All of *parts*; of none: everything."""

    parts: "tuple[Plan, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of *parts* at least."""

    parts: "tuple[Plan, ...]"


@dataclass(frozen=True, slots=True)
class Except:
    """Everything but *part*."""

    part: "Plan"


Leaf = OfSeries | OfOutcome | OfSet | OfSpan
Plan = Leaf | Every | Either | Except


def plan_of(node: Node, condition: Callable[[Term], Plan]) -> Plan:
    """The plan of *node*, each term by its *condition*."""
    match node:
        case Term():
            return condition(node)
        case Not(part):
            return Except(plan_of(part, condition))
        case And(parts):
            return Every(tuple(plan_of(part, condition) for part in parts))
        case Or(parts):
            return Either(tuple(plan_of(part, condition) for part in parts))


def is_only(plan: Plan, kind: type[OfSeries] | type[OfOutcome] | type[OfSet]) -> bool:
    """Whether all of *plan*, which is not empty, is of one *kind*."""
    match plan:
        case Every(parts) | Either(parts):
            return bool(parts) and all(is_only(part, kind) for part in parts)
        case Except(part):
            return is_only(part, kind)
    return isinstance(plan, kind)


def is_indexed(plan: Plan) -> bool:
    """Whether indexes find what *plan* asks for, if it is rare."""
    match plan:
        case Every(parts):
            return any(map(is_indexed, parts))
        case Either(parts):
            return all(map(is_indexed, parts))
        case Except():
            return False
        case OfSpan():
            return plan.is_indexed
    return True


def conditions(plan: Plan) -> Q:
    """The condition on its table of a *plan* of one kind."""
    match plan:
        case Every(parts):
            return reduce(and_, map(conditions, parts))
        case Either(parts):
            return reduce(or_, map(conditions, parts))
        case Except(part):
            return ~conditions(part)
        case OfOutcome(outcomes):
            return Q(outcome__in=sorted(outcomes))
        case _:
            return plan.q


def outcomes_of(plan: Plan) -> frozenset[str]:
    """The outcomes that a *plan* of outcomes leaves."""
    match plan:
        case Every(parts):
            return ALL_OUTCOMES.intersection(*map(outcomes_of, parts))
        case Either(parts):
            return frozenset().union(*map(outcomes_of, parts))
        case Except(part):
            return ALL_OUTCOMES - outcomes_of(part)
        case OfOutcome(outcomes):
            return outcomes
    return ALL_OUTCOMES


def gathered(plan: Plan) -> Plan:
    """*plan* with the neighbours that are conditions on series put together: one look-up for all of them."""
    match plan:
        case Every(parts):
            return Every(_series_first(map(gathered, parts), Every))
        case Either(parts):
            return Either(_series_first(map(gathered, parts), Either))
        case Except(part):
            return Except(gathered(part))
    return plan


def _series_first(parts: Iterable[Plan], join: type[Every] | type[Either]) -> tuple[Plan, ...]:
    found = list(parts)
    series = tuple(part for part in found if is_only(part, OfSeries))
    rest = tuple(part for part in found if not is_only(part, OfSeries))
    return ((join(series),) if len(series) > 1 else series) + rest
