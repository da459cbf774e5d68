"""Which tools and which providers have a row of their own on a page, and how many have not.

Senders can make up as many names as they like. Tools that are registered here are always named; of all others, key
by key, those that fail, then the busiest, so that nobody's inventions hide what another reports. The rest is one
row, so that sums still add up.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, TextField, Value, When, Window
from django.db.models.functions import Concat, RowNumber
from django.db.models.lookups import In

from telemetry.counts.origins import registered
from telemetry.counts.rollup_columns import ALL_CALLS, FAILED_CALLS
from telemetry.models.rollups import RollupQuerySet
from telemetry.semconv import OPERATION_EXECUTE_TOOL

MOST_TOOLS, MOST_CALLERS = 40, 20
# The share of failed calls from which on a tool comes before busier ones: the default rule's.
FAILING = 0.1
# What the rest is called among names; no name of a sender's can be in its way, which would only join it.
MORE = "\x1f"
MORE_CALLERS = (MORE, MORE)
Caller = tuple[str, str]  # provider and model
_PAIR = Concat("series__provider", Value(MORE), "series__model", output_field=TextField())


@dataclass(frozen=True, slots=True)
class Named:
    """What has a row of its own; of tools and callers beyond, how many they are."""

    tools: frozenset[str] = frozenset()
    callers: frozenset[Caller] = frozenset()
    more_tools: int = 0
    more_callers: int = 0


def named(rows: RollupQuerySet) -> Named:
    """What of *rows* is named, rollups of the calls that a page shows. Two queries, three of many tools."""
    ours = registered()
    calls = rows.filter(series__operation=OPERATION_EXECUTE_TOOL).order_by()
    tools, more_tools = _first_of_each_key(calls.exclude(series__tool__in=ours))
    callers, of_callers = _busiest(calls, MOST_CALLERS, "series__provider", "series__model")
    return Named(
        tools=frozenset([*ours, *tools]),
        callers=frozenset((provider, model) for provider, model in callers),
        more_tools=more_tools,
        more_callers=of_callers - len(callers),
    )


def has_a_row(names: Named) -> Q:
    """The condition on rows of rollups that a row of a page is about."""
    pair = In(_PAIR, [MORE.join(caller) for caller in sorted(names.callers)])
    return Q(series__tool__in=sorted(names.tools)) | Q(pair)


def tool_of(names: Named) -> Case:
    """The tool of a row of rollups, or MORE."""
    is_named = When(series__tool__in=sorted(names.tools), then=F("series__tool"))
    return Case(is_named, default=Value(MORE), output_field=TextField())


def caller_of(names: Named) -> Case:
    """Provider and model with MORE between them; MORE alone for those that are not named."""
    known = [MORE.join(caller) for caller in sorted(names.callers)]
    return Case(When(In(_PAIR, known), then=_PAIR), default=Value(MORE * 3), output_field=TextField())


def caller_from(text: str) -> Caller:
    """The caller that ``caller_of`` gave as *text*."""
    provider, model = text.split(MORE, 1) if text != MORE * 3 else MORE_CALLERS
    return provider, model


def _first_of_each_key(calls: Any) -> tuple[list[str], int]:
    """MOST_TOOLS tools of *calls*: the first of each key that sent them, then each second, and how many more.

    Of a key, those first of whose calls FAILING fail, then by calls.
    """
    of_key = calls.values_list("series__tool", "series__api_key")
    of_key = of_key.annotate(all=Sum(ALL_CALLS), failed=Sum(FAILED_CALLS)).filter(all__gt=0)
    fails = Case(When(failed__gte=F("all") * FAILING, then=Value(0)), default=Value(1))
    by_rank = [fails.asc(), F("all").desc(), F("series__tool").asc()]
    place = Window(RowNumber(), partition_by=F("series__api_key"), order_by=by_rank)
    first = of_key.annotate(place=place).filter(place__lte=MOST_TOOLS)
    found = first.order_by("place", "-all", "series__tool")
    tools = list(dict.fromkeys(tool for tool, *_ in found))
    if len(tools) < MOST_TOOLS:
        return tools, 0
    distinct: int = calls.aggregate(count=Count("series__tool", distinct=True))["count"]
    return tools[:MOST_TOOLS], distinct - MOST_TOOLS


def _busiest(rows: Any, most: int, *words: str) -> tuple[list[tuple[str, ...]], int]:
    """The groups by *words* with most calls, *most* of them, and how many groups there are."""
    groups = rows.values_list(*words).annotate(calls=Sum(ALL_CALLS), groups=Window(Count("*")))
    found = list(groups.filter(calls__gt=0).order_by("-calls", *words)[:most])
    return [row[:-2] for row in found], (found[0][-1] if found else 0)
