"""Sums of spans by time and series, and of tool calls by time and tool; by ``telemetry/rollup_sql.py``."""

from collections.abc import Sequence
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from telemetry import histogram
from telemetry.models.dictionaries import Series
from telemetry.querysets import RollupQuerySet, ToolRollupQuerySet
from telemetry.semconv import Origin

if TYPE_CHECKING:  # only the stubs know what a field is of
    Field = models.Field[Sequence[int], list[int]]
else:
    Field = models.Field


class HistogramField(Field):
    """Counts of the buckets of ``telemetry.histogram``, stored as the one number that they are packed in."""

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
    """Tool calls by when they ended and when they were stored: what rules judge; by ``telemetry/ended_sql.py``.

    So a look can be repeated with just what was known at its moment. ``ended_at`` is by the sender's clock,
    ``stored_at`` by that of the process that stored.
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
