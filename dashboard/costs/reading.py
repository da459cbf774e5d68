"""The reads behind the page of costs. Sums come from rollups; only sessions are added up from spans."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import OperationalError, connections, router, transaction
from django.db.models import Count, DateTimeField, DurationField, F, Func, Max, Q, Sum, Value

from dashboard.periods import Window
from telemetry.models import Rollup, Span
from telemetry.querysets import RollupQuerySet, of_series
from telemetry.semconv import SUCCEEDED

# Sessions are added up from spans, of a day at most and for a moment at most.
SESSIONS_LOOKBACK = timedelta(hours=24)
SESSIONS_MOST_MS = 2_000
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


@dataclass(frozen=True, slots=True)
class SessionCost:
    """What the model calls of a session cost, as far as they are priced."""

    session_id: str
    usd: Decimal
    spans: int
    newest: datetime


def spent_by_bar_and_model(
    window: Window, bar_s: int, filters: Mapping[str, str]
) -> dict[tuple[datetime, str, str], Spent]:
    """By the start of the bar, provider and model: of spans that tell of tokens or of a cost. One query."""
    bar = Func(
        Value(timedelta(seconds=bar_s), output_field=DurationField()),
        "bucket",
        Value(window.start, output_field=DateTimeField()),
        function="date_bin",
        output_field=DateTimeField(),
    )
    rows = _rollups(window, filters).filter(TELLS).annotate(bar=bar)
    return dict(_spent(rows, "bar", "provider", "model"))


def spent_by_tool_and_key(window: Window, filters: Mapping[str, str]) -> dict[tuple[str, str], Spent]:
    """By tool and API key, empty for none: of all spans, so that tool calls that cost nothing count. One query."""
    return dict(_spent(_rollups(window, filters), "tool", "api_key"))


def dearest_sessions(window: Window, filters: Mapping[str, str], count: int) -> list[SessionCost] | None:
    """The sessions whose spans of the period's last day cost most; None where adding them up took too long."""
    start = max(window.start, window.now - SESSIONS_LOOKBACK)
    costly = _rollups(window, filters).filter(cost_usd__gt=0).values("series_id")
    spans = Span.objects.started_between(start, window.end).filter(cost_usd__isnull=False, series_id__in=costly)
    sums = (
        spans.exclude(session_id="")
        .order_by()
        .values("session_id")
        .annotate(usd=Sum("cost_usd"), spans=Count("*"), newest=Max("start_time"))
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
    keys = [of_series(part) for part in by]
    columns = ("usd", "input_tokens", "output_tokens", "unpriced", "spans", "succeeded")
    succeeded = sum((F(str(outcome)) for outcome in SUCCEEDED[1:]), F(str(SUCCEEDED[0])))
    sums = {
        f"sum_{column}": Sum(source)
        for column, source in zip(columns, ("cost_usd", *columns[1:-1], succeeded), strict=True)
    }
    for row in rows.order_by().values_list(*keys).annotate(**sums):
        usd, *counts = row[len(keys) :]
        yield row[: len(keys)], Spent(usd, *(int(count) for count in counts))


@contextmanager
def _at_most(milliseconds: int) -> Iterator[None]:
    """Have Postgres give up what takes longer, where spans are read."""
    alias = router.db_for_read(Span)
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield
