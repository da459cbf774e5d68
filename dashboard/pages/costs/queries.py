"""The reads behind the page of costs. Sums come from rollups; only sessions are added up from spans."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any, Self

from django.db import OperationalError, connections, router, transaction
from django.db.models import Count, DateTimeField, DurationField, F, Func, Max, Q, Sum, Value
from django.db.models import Window as Over

from dashboard.addresses.periods import Window
from dashboard.queries import top_names
from dashboard.queries.top_names import Named
from telemetry.counts.rollup_columns import of_series
from telemetry.models import Rollup, Span
from telemetry.models.rollups import RollupQuerySet
from telemetry.semconv import SUCCEEDED

# Sessions are added up from spans, of a day at most and for a moment at most.
SESSIONS_LOOKBACK = timedelta(hours=24)
SESSIONS_MOST_MS = 2_000
# Of models, tools and keys so many are listed; senders can make up any number.
MOST_ROWS = 40
# A rollup that tells of tokens or of a cost.
TELLS = Q(cost_usd__gt=0) | Q(unpriced__gt=0) | Q(input_tokens__gt=0) | Q(output_tokens__gt=0)


@dataclass(frozen=True, slots=True)
class Spent:
    """What spans cost, and what they are counted as. ``unpriced``: spans with tokens and no cost."""

    usd: Decimal = Decimal(0)
    input_tokens: int = 0
    output_tokens: int = 0
    unpriced: int = 0
    spans: int = 0
    succeeded: int = 0  # tool calls

    @classmethod
    def sum(cls, parts: Iterable["Spent"]) -> Self:
        """All of *parts* together."""
        found = list(parts)
        return cls(
            usd=sum((part.usd for part in found), Decimal(0)),
            input_tokens=sum(part.input_tokens for part in found),
            output_tokens=sum(part.output_tokens for part in found),
            unpriced=sum(part.unpriced for part in found),
            spans=sum(part.spans for part in found),
            succeeded=sum(part.succeeded for part in found),
        )

    def without(self, part: "Spent") -> Self:
        """What is left of it when *part* of it is taken out."""
        return type(self)(*(getattr(self, each.name) - getattr(part, each.name) for each in fields(self)))


_COLUMNS = ("input_tokens", "output_tokens", "unpriced", "spans")
SUMS = {
    "sum_usd": Sum("cost_usd"),
    **{f"sum_{column}": Sum(column) for column in _COLUMNS},
    "sum_succeeded": Sum(reduce(add, (F(str(outcome)) for outcome in SUCCEEDED))),
}


@dataclass(frozen=True, slots=True)
class SessionCost:
    """What the model calls of a session cost, as far as they are priced."""

    session_id: str
    usd: Decimal
    spans: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """How many are not listed, and what they come to together."""

    more: int = 0
    spent: Spent = Spent()


def dearest(window: Window, filters: Mapping[str, str], *by: str) -> tuple[dict[Any, Spent], Rest]:
    """What tells of tokens or of a cost, by the words *by*: the MOST_ROWS dearest, and the rest. Two queries.

    Of tools, those whose own spans tell. One word is the key itself, more are a tuple.
    """
    rows = _rollups(window, filters).filter(TELLS)
    if "tool" in by:
        rows = rows.exclude(series__tool="")
    keys = [of_series(part) for part in by]
    groups: Any = rows.order_by().values_list(*keys).annotate(**SUMS, groups=Over(Count("*")))
    listed = list(groups.order_by("-sum_usd", "-sum_unpriced", *keys)[:MOST_ROWS])
    found = {row[: len(keys)]: _read(row[len(keys) : -1]) for row in listed}
    ((_, whole),) = _spent(rows)
    more = listed[0][-1] - len(listed) if listed else 0
    rest = Rest(more, whole.without(Spent.sum(found.values()))) if more else Rest()
    return {key[0] if len(keys) == 1 else key: spent for key, spent in found.items()}, rest


def succeeded(window: Window, filters: Mapping[str, str]) -> int:
    """The tool calls of the period that succeeded, whatever they cost. One query."""
    [(_, whole)] = _spent(_rollups(window, filters))
    return whole.succeeded


def dated_back(window: Window, filters: Mapping[str, str]) -> Spent:
    """What was spent in the period before anything was observed. One query; none if nothing was."""
    if not window.dated_back:
        return Spent()
    rows = Rollup.objects.spanning(window.start, window.observed_from).where(**filters)
    [(_, whole)] = _spent(rows)
    return whole


def spent_by_bar(
    window: Window, bar_s: int, filters: Mapping[str, str], models: Collection[tuple[str, str]]
) -> dict[tuple[datetime, str, str], Spent]:
    """By the start of the bar and the provider and model, all that are not *models* as MORE_CALLERS. One query."""
    bar = Func(
        Value(timedelta(seconds=bar_s), output_field=DurationField()),
        "bucket",
        Value(window.start, output_field=DateTimeField()),
        function="date_bin",
        output_field=DateTimeField(),
    )
    caller = top_names.caller_of(Named(callers=frozenset(models)))
    rows = _rollups(window, filters).filter(TELLS).annotate(bar=bar, caller=caller)
    return {(start, *top_names.caller_from(text)): spent for (start, text), spent in _spent(rows, "bar", "caller")}


def dearest_sessions(window: Window, filters: Mapping[str, str], count: int) -> list[SessionCost] | None:
    """The sessions whose spans of the period's last day cost most; None where adding them up took too long."""
    start = max(window.start, window.now - SESSIONS_LOOKBACK)
    costly = _rollups(window, filters).filter(cost_usd__gt=0).values("series_id")
    spans = Span.objects.started_between(start, window.end).filter(cost_usd__isnull=False, series_id__in=costly)
    sums = (
        spans.exclude(session_id="")
        .order_by()
        .values("session_id")
        .annotate(usd=Sum(F("cost_usd") * F("weight")), spans=Sum("weight"), newest=Max("start_time"))
        .order_by("-usd", "session_id")[:count]
    )
    try:
        with _at_most(SESSIONS_MOST_MS):
            return [SessionCost(**row) for row in sums]
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        return None


def _rollups(window: Window, filters: Mapping[str, Any]) -> RollupQuerySet:
    return Rollup.objects.at(window.period.resolution_s).between(window.start, window.end).where(**filters)


def _spent(rows: RollupQuerySet, *by: str) -> Iterator[tuple[tuple[Any, ...], Spent]]:
    """The sums of *rows* by words or annotations, all together by none."""
    keys = [of_series(part) for part in by]
    if not keys:
        yield (), _read(rows.aggregate(**SUMS).values())
        return
    for row in rows.order_by().values_list(*keys).annotate(**SUMS):
        yield row[: len(keys)], _read(row[len(keys) :])


def _read(sums: Iterable[Any]) -> Spent:
    usd, *counts = (each or 0 for each in sums)
    return Spent(Decimal(usd), *(int(count) for count in counts))


@contextmanager
def _at_most(milliseconds: int) -> Iterator[None]:
    """Have Postgres give up what takes longer, where spans are read."""
    alias = router.db_for_read(Span)
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield
