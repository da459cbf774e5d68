"""Sums of spans by time and series, and of tool calls by time and tool; by ``telemetry/rollups/rollup_sql.py``."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from math import inf
from operator import or_
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from telemetry.counts import histogram, origins, resolutions
from telemetry.counts.outcome_counts import Tally
from telemetry.counts.rollup_columns import OUTCOME_COLUMNS, of_series, tallied
from telemetry.models.dictionaries import Series
from telemetry.semconv import FAILED, OPERATION_EXECUTE_TOOL, Origin

if TYPE_CHECKING:  # only the stubs know what a field is of
    Field = models.Field[Sequence[int], list[int]]
else:
    Field = models.Field


class HistogramField(Field):
    """Counts of the buckets of ``telemetry.counts.histogram``, stored as the one number that holds them all."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"

    def from_db_value(self, value: Decimal | None, *_: Any) -> list[int] | None:
        return None if value is None else histogram.unpacked(str(value))

    def get_prep_value(self, value: Sequence[int]) -> int:
        return histogram.packed(value)


class Outcomes(models.Model):
    """Tool calls of a bucket, by outcome."""

    first_try = models.IntegerField(default=0)
    after_retry = models.IntegerField(default=0)
    after_fallback = models.IntegerField(default=0)
    from_cache = models.IntegerField(default=0)
    authorization = models.IntegerField(default=0)
    rate_limit = models.IntegerField(default=0)
    arguments = models.IntegerField(default=0)
    breaker = models.IntegerField(default=0)
    timeout = models.IntegerField(default=0)
    provider_error = models.IntegerField(default=0)  # Outcome.PROVIDER; the plain word is a word of the series
    returned_failure = models.IntegerField(default=0)
    tool_bug = models.IntegerField(default=0)

    class Meta:
        abstract = True


class Calls(Outcomes):
    """With what charts show of them beside."""

    attempts = models.IntegerField(default=0, help_text="Of tool calls.")
    # Whole microseconds, so that the sum is the same in whatever order spans are added.
    duration_sum_us = models.BigIntegerField(default=0)
    durations = HistogramField(default=list)
    duration_min_ms = models.FloatField(default=0.0, help_text="The shortest.")
    duration_max_ms = models.FloatField(
        default=inf, help_text="The longest; infinite where spans were counted in the wide buckets of before."
    )

    class Meta:
        abstract = True


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

    def where(self, calls: str = origins.Calls.ALL, **key: Any) -> Self:
        """Rows of the given words of a series (tool, provider, …); blanks ignored. Of those *calls* alone."""
        words = {of_series(name): value for name, value in key.items() if value}
        return self.filter(origins.looked_at(calls), **words)

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

    def where(self, calls: str = origins.Calls.ALL, tool: str = "") -> Self:
        """Rows of that *tool*, blank: of any. Of those *calls* alone."""
        return self.filter(origins.looked_at(calls, prefix=""), **({"tool": tool} if tool else {}))

    def tallies(self, *by: str, durations: bool = True) -> dict[tuple[Any, ...], Tally]:
        """As of rollups of series, by ``bucket``, ``tool`` and ``origin``."""
        return tallied(self, by, durations=durations)


class Rollup(Calls):
    """Spans of one bucket of time and one series: tool calls by outcome, tokens, cost, a latency histogram.

    A span belongs to the bucket in which it started. Percentiles and rates are read from sums of rows, never
    stored.
    """

    pk = models.CompositePrimaryKey("resolution_s", "bucket", "series_id")
    resolution_s = models.IntegerField(help_text="10, 60, 3600 or 86400")
    bucket = models.DateTimeField()
    series = models.ForeignKey(Series, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    spans = models.IntegerField(default=0, help_text="Spans of any kind.")
    errors = models.IntegerField(default=0, help_text="Spans of any kind with the status error.")
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    unpriced = models.IntegerField(default=0, help_text="Spans with tokens whose model has no price.")
    cost_usd = models.DecimalField(max_digits=20, decimal_places=9, default=0)

    objects = RollupQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_rollup"

    def __str__(self) -> str:
        return f"{self.series_id} {self.bucket:%F %T} / {self.resolution_s} s"


class ToolRollup(Calls):
    """Tool calls of one bucket of time and one tool, by origin: few rows, however many series there are."""

    pk = models.CompositePrimaryKey("resolution_s", "bucket", "tool", "origin")
    resolution_s = models.IntegerField(help_text="600, 3600 or 14400")
    bucket = models.DateTimeField()
    tool = models.TextField()
    origin = models.TextField(default=Origin.OWN)

    objects = ToolRollupQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_tool_rollup"

    def __str__(self) -> str:
        return f"{self.tool} {self.bucket:%F %T} / {self.resolution_s} s"


class EndedCalls(Outcomes):
    """Tool calls by when they ended and when they were stored: what rules judge.

    By ``telemetry/rollups/ended_sql.py``. So a look can be repeated with just what was known at its moment.
    ``ended_at`` is by the sender's clock, ``stored_at`` by that of the process that stored.
    """

    pk = models.CompositePrimaryKey("resolution_s", "stored_at", "ended_at", "series_id")
    resolution_s = models.IntegerField(help_text="5 or 60")
    stored_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    series = models.ForeignKey(Series, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    longest_ms = models.FloatField(default=0.0, help_text="The duration of the longest of them.")

    class Meta:
        db_table = "telemetry_ended"

    def __str__(self) -> str:
        return f"{self.series_id} {self.ended_at:%F %T} / {self.resolution_s} s"
