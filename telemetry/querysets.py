"""The words of queries over spans and rollups."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Sum
from django.db.models.sql.compiler import SQLCompiler

from telemetry import histogram, resolutions
from telemetry.semconv import FAILED, OPERATION_EXECUTE_TOOL, Outcome
from telemetry.tally import Tally

if TYPE_CHECKING:
    from telemetry.models import Rollup, Span, ToolRollup  # noqa: F401  (named in the annotations below)


# The rollup's column of each outcome. `provider` is a word of the series, so that outcome's differs.
OUTCOME_COLUMNS = {
    "provider_error" if outcome is Outcome.PROVIDER else str(outcome): outcome for outcome in Outcome
}
# The words of a series, which are filters of spans and rollups alike.
WORDS = (
    *("operation", "kind", "tool", "provider", "model", "prompt_version"),
    *("caller_role", "agent", "service", "api_key"),
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

    def where(self, **key: Any) -> Self:
        """Spans with the given words of a series or columns; blanks ignored."""
        return self.filter(**{of_series(name): value for name, value in key.items() if value})

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

    def where(self, **key: Any) -> Self:
        """Rows of the given words of a series (tool, provider, model, …); blanks ignored."""
        return self.filter(**{of_series(name): value for name, value in key.items() if value})

    def tallies(self, *by: str, durations: bool = True) -> dict[tuple[Any, ...], Tally]:
        """The tool calls summed up by the key parts *by* (``bucket``, ``tool``, …), one query; no call, no entry.

        Postgres adds up: what comes back is one row a group, however long the period. *durations* False leaves the
        histograms out, which are three quarters of the work.
        """
        calls = self.filter(series__operation=OPERATION_EXECUTE_TOOL)
        return tallied(calls, [of_series(part) for part in by], durations=durations)


class ToolRollupQuerySet(models.QuerySet["ToolRollup"]):
    def at(self, resolution_s: int) -> Self:
        return self.filter(resolution_s=resolution_s)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(bucket__gte=start, bucket__lt=end)

    def tallies(self, *by: str, durations: bool = True) -> dict[tuple[Any, ...], Tally]:
        """As of rollups of series, by ``bucket`` and ``tool``."""
        return tallied(self, by, durations=durations)


def tallied(rows: models.QuerySet[Any], keys: Sequence[str], *, durations: bool) -> dict[tuple[Any, ...], Tally]:
    """The *rows* of rollups of tool calls summed up by *keys*."""
    sums: dict[str, Aggregate] = {
        f"sum_{name}": Total(name) for name in (*OUTCOME_COLUMNS, "attempts", "duration_sum_us")
    }
    if durations:
        sums["sum_durations"] = SumElements("durations")
    if keys:
        groups = rows.order_by().values_list(*keys).annotate(**sums)
    else:
        groups = [tuple(rows.aggregate(**sums).values())]
    size = len(keys)
    tallies = {group[:size]: _tally(group[size:]) for group in groups if group[size] is not None}
    return {key: tally for key, tally in tallies.items() if tally.calls}


class Total(Sum):
    """A sum of whole numbers as one; Postgres's own of large ones is a decimal."""

    template = "SUM(%(expressions)s)::bigint"
    output_field = models.BigIntegerField()


class SumElements(Aggregate):
    """The element-wise sum of histograms, as an array.

    Fifty sums of one element each: unnesting the arrays would make fifty rows of each and sort them again.
    """

    name = "SumElements"
    output_field = ArrayField(models.BigIntegerField())

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *args: Any, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        column, params = compiler.compile(self.get_source_expressions()[0])
        elements = [f"SUM({column}[{at}])" for at in range(1, histogram.SIZE + 1)]
        return f"ARRAY[{', '.join(elements)}]", tuple(params) * histogram.SIZE


def _tally(sums: Sequence[Any]) -> Tally:
    """From the sums in the order of ``tallied``."""
    outcomes = len(OUTCOME_COLUMNS)
    attempts, duration_sum_us, *durations = sums[outcomes:]
    return Tally(
        counts=dict(zip(OUTCOME_COLUMNS.values(), sums, strict=False)),
        attempts=attempts,
        duration_sum_ms=duration_sum_us / 1000,
        durations=durations[0] if durations else (),
    )
