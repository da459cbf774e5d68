"""The words of queries over spans and rollups."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from math import inf
from operator import add, or_
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from telemetry import histogram, resolutions
from telemetry.histogram import Histogram
from telemetry.origins import Calls, looked_at
from telemetry.semconv import FAILED, OPERATION_EXECUTE_TOOL, Outcome
from telemetry.tally import Tally

if TYPE_CHECKING:
    from telemetry.models import Rollup, Span, ToolRollup  # noqa: F401  (named in the annotations below)


# The rollup's column of each outcome. `provider` is a word of the series, so that outcome's differs.
OUTCOME_COLUMNS = {
    "provider_error" if outcome is Outcome.PROVIDER else str(outcome): outcome for outcome in Outcome
}
# What is summed up of tool calls, beside the histogram.
SUMMED = (*OUTCOME_COLUMNS, "attempts", "duration_sum_us")
# What makes one histogram of many.
LATENCY = {
    "latency_digits": Cast(models.Sum("durations"), models.TextField()),
    "latency_min_ms": models.Min("duration_min_ms"),
    "latency_max_ms": models.Max("duration_max_ms"),
}
# All tool calls of a rollup.
ALL_CALLS = reduce(add, (models.F(name) for name in OUTCOME_COLUMNS))
FAILED_CALLS = reduce(add, (models.F(name) for name, outcome in OUTCOME_COLUMNS.items() if outcome in FAILED))
# The words of a series, which are filters of spans and rollups alike.
WORDS = (
    *("operation", "kind", "tool", "provider", "model", "prompt_version"),
    *("caller_role", "agent", "service", "api_key", "origin"),
)


def of_series(name: str) -> str:
    """How a query over spans or rollups calls *name*: words are their series'."""
    return f"series__{name}" if name in WORDS else name


class SpanQuerySet(models.QuerySet["Span"]):
    def tool_calls(self) -> Self:
        return self.exclude(outcome="")

    def started_between(self, start: datetime, end: datetime) -> Self:
        """Spans that began at or after *start* and before *end*; names the partitions to read."""
        return self.filter(start_time__gte=start, start_time__lt=end)

    def where(self, calls: str = Calls.ALL, **key: Any) -> Self:
        """Spans with the given words of a series or columns; blanks ignored. Of those *calls* alone."""
        words = {of_series(name): value for name, value in key.items() if value}
        return self.filter(looked_at(calls), **words)

    def failed(self) -> Self:
        return self.filter(outcome__in=[str(outcome) for outcome in FAILED])

    def newest(self, count: int) -> Self:
        return self.order_by("-start_time")[:count]

    def whole(self) -> Self:
        """With all that a span says: also its source and the attributes that it shares."""
        return self.select_related("series", "source", "attribute_set")

    def in_brief(self) -> Self:
        """Without what only a span's own page shows."""
        return self.defer("own_attributes", "events", "links")


class SpanManager(models.Manager["Span"]):
    """Spans with the words of their series, in one query."""

    def get_queryset(self) -> SpanQuerySet:
        return SpanQuerySet(self.model, using=self._db).select_related("series")

    def tool_calls(self) -> SpanQuerySet:
        return self.get_queryset().tool_calls()

    def started_between(self, start: datetime, end: datetime) -> SpanQuerySet:
        """Spans that began at or after *start* and before *end*; names the partitions to read."""
        return self.get_queryset().started_between(start, end)

    def in_brief(self) -> SpanQuerySet:
        """Without what only a span's own page shows."""
        return self.get_queryset().in_brief()

    def whole(self) -> SpanQuerySet:
        """With all that a span says: also its source and the attributes that it shares."""
        return self.get_queryset().whole()


class RollupQuerySet(models.QuerySet["Rollup"]):
    def at(self, resolution_s: int) -> Self:
        return self.filter(resolution_s=resolution_s)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(bucket__gte=start, bucket__lt=end)

    def spanning(self, start: datetime, end: datetime) -> Self:
        """The whole period in as few rows as there are: days and hours within it, finer steps at its ends."""
        steps = [
            models.Q(resolution_s=seconds, bucket__gte=first, bucket__lt=last)
            for seconds, first, last in resolutions.tiles(start, end)
        ]
        return self.filter(reduce(or_, steps)) if steps else self.none()

    def with_failures(self) -> Self:
        """Rows of which a tool call failed."""
        failed = (models.Q(**{f"{name}__gt": 0}) for name, outcome in OUTCOME_COLUMNS.items() if outcome in FAILED)
        return self.filter(reduce(or_, failed))

    def where(self, calls: str = Calls.ALL, **key: Any) -> Self:
        """Rows of the given words of a series (tool, provider, …); blanks ignored. Of those *calls* alone."""
        words = {of_series(name): value for name, value in key.items() if value}
        return self.filter(looked_at(calls), **words)

    def tallies(self, *by: str, durations: bool = True, most: int | None = None) -> dict[tuple[Any, ...], Tally]:
        """The tool calls summed up by the key parts *by* (``bucket``, ``tool``, …), one query; no call, no entry.

        Postgres adds up: what comes back is one row a group, however long the period. *durations* False leaves the
        histograms out. *most*: the groups with most calls, so many.
        """
        calls = self.filter(series__operation=OPERATION_EXECUTE_TOOL)
        return tallied(calls, [of_series(part) for part in by], durations=durations, most=most)


class ToolRollupQuerySet(models.QuerySet["ToolRollup"]):
    def at(self, resolution_s: int) -> Self:
        return self.filter(resolution_s=resolution_s)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(bucket__gte=start, bucket__lt=end)

    def where(self, calls: str = Calls.ALL, tool: str = "") -> Self:
        """Rows of that *tool*, blank: of any. Of those *calls* alone."""
        return self.filter(looked_at(calls, prefix=""), **({"tool": tool} if tool else {}))

    def tallies(self, *by: str, durations: bool = True) -> dict[tuple[Any, ...], Tally]:
        """As of rollups of series, by ``bucket``, ``tool`` and ``origin``."""
        return tallied(self, by, durations=durations)


def tallied(
    rows: models.QuerySet[Any], keys: Sequence[str], *, durations: bool, most: int | None = None
) -> dict[tuple[Any, ...], Tally]:
    """The *rows* of rollups of tool calls summed up by *keys*; the groups with most calls, if *most* says so."""
    asked: dict[str, models.Func] = {"sums": CallSums("attempts"), **(LATENCY if durations else {})}
    if keys:
        summed = rows.order_by().values_list(*keys).annotate(**asked)
        busiest = summed.annotate(calls=models.Sum(ALL_CALLS)).order_by("-calls", *keys)[:most]
        groups = [row[:-1] for row in busiest] if most else list(summed)
    else:
        groups = [tuple(rows.aggregate(**asked).values())]
    # Without any row there is no array, or each sum is null; without a call there is nothing to tell.
    at, outcomes = len(keys), len(OUTCOME_COLUMNS)
    return {tuple(row[:at]): _tally(*row[at:]) for row in groups if any((row[at] or ())[:outcomes])}


class CallSums(Aggregate):
    """The sums of all that is SUMMED of tool calls, in one array: each of them apart would cost Django more."""

    name = "CallSums"
    output_field = ArrayField(models.BigIntegerField())

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *args: Any, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        column, _ = compiler.compile(self.get_source_expressions()[0])
        table = column.rpartition(".")[0]
        summed = [f"SUM({table}.{connection.ops.quote_name(name)})" for name in SUMMED]
        return f"ARRAY[{', '.join(summed)}]::bigint[]", ()


def _tally(sums: Sequence[int], digits: str = "", min_ms: float = inf, max_ms: float = 0.0) -> Tally:
    """From the array of ``CallSums``, and LATENCY."""
    outcomes = len(OUTCOME_COLUMNS)
    return Tally(
        counts=dict(zip(OUTCOME_COLUMNS.values(), sums, strict=False)),
        attempts=sums[outcomes],
        duration_sum_ms=sums[outcomes + 1] / 1000,
        durations=Histogram(histogram.unpacked(digits), min_ms, max_ms),
    )
