"""From a query to the condition on spans; what is asked of the small tables is looked up on the way."""

from functools import reduce
from operator import and_, or_

from django.db.models import Q

from telemetry.models import AttributeSet, Series
from telemetry.search import guard, plans
from telemetry.search.conditions import SERIES_ALIASES
from telemetry.search.keys import BY_NAME
from telemetry.search.plans import Either, Every, Except, OfSeries, OfSet, Plan
from telemetry.search.tree import Node

# Not Q(), which joined by "or" or negated means nothing at all.
ALWAYS = ~Q(series_id__in=[])
# An index that knows only "may be here" serves single values, not lists of them.
FEW_SETS = 8


def prepared(plan: Plan) -> Q:
    """The condition on spans; where indexes serve it, Postgres is told to use them, within a ``guarded`` block.

    Of indexes that know only in which few pages a value may be, it expects too little.
    """
    if plans.is_indexed(plan):
        guard.avoid_full_scans()
    return condition(plan)


def plan(node: Node) -> Plan:
    """What the tree *node* asks of which table."""
    return plans.gathered(plans.plan_of(node, lambda term: BY_NAME[term.key].compile(term)))


def condition(plan: Plan) -> Q:
    """The condition on spans. One query for each look-up in a small table, and none where none is needed."""
    if plans.is_only(plan, OfSeries):
        return Q(series_id__in=series_ids(plan))
    match plan:
        case Every(parts):
            return reduce(and_, map(condition, parts), ALWAYS)
        case Either(parts):
            return reduce(or_, map(condition, parts))
        case Except(part):
            return ~condition(part)
        case OfSet(q):
            return _of_sets(q)
    return plans.conditions(plan)


def series_ids(plan: Plan) -> list[int]:
    """The series that a *plan* of conditions on series asks for."""
    found = Series.objects.alias(**SERIES_ALIASES).filter(plans.conditions(plan))
    return sorted(found.values_list("id", flat=True))


def _of_sets(q: Q) -> Q:
    ids = sorted(AttributeSet.objects.filter(q).values_list("id", flat=True))
    if len(ids) > FEW_SETS:
        return Q(attribute_set_id__in=ids)
    return reduce(or_, (Q(attribute_set_id=id) for id in ids), Q(attribute_set_id__in=[]))
