"""The columns in which rows hold what was called and how it ended, and sums of them.

No model is loaded for it: models and SQL are made of these names.
"""

from collections.abc import Sequence
from functools import reduce
from math import inf
from operator import add
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from telemetry.counts import histogram
from telemetry.counts.histogram import Histogram
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import FAILED, Outcome

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
