"""Errors in groups, their counts over time, and which arguments broke which schema.

Groups and counts are written by ``telemetry/store/batches.py`` with the spans that they count, by the SQL of
``telemetry/errors/sql.py``; what people decide about a group, by ``telemetry/errors/deciding.py``.
"""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Sum

from telemetry.counts.origins import Calls, looked_at
from telemetry.counts.rollup_columns import of_series
from telemetry.models import Series


class State(models.TextChoices):
    OPEN = "open"
    RESOLVED = "resolved"
    IGNORED = "ignored"


def _when(help_text: str) -> "models.DateTimeField[Any, Any]":
    return models.DateTimeField(null=True, help_text=help_text)


def _who() -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")


class ErrorGroup(models.Model):
    """Failures that are the same but for ids, numbers and values.

    ``count``, ``first_seen`` and ``last_seen`` are of all that was ever seen, also where its spans are gone.
    """

    fingerprint = models.BigIntegerField(primary_key=True, help_text="telemetry.errors.fingerprint, signed.")
    tool = models.TextField(help_text="Empty: no tool call.")
    name = models.TextField(help_text="The name of the spans, without numbers and ids.")
    layer = models.TextField(help_text="A telemetry.semconv.Outcome; empty: no tool call.")
    error_type = models.TextField()
    message = models.TextField(help_text="Without what differs from call to call.")
    sample = models.TextField(help_text="The first message as it came, redacted.")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    count = models.BigIntegerField()
    state = models.TextField(choices=State, default=State.OPEN)
    resolved_at = _when("An occurrence that began later opens it again.")
    resolved_by = _who()
    ignored_at = _when("Since when it is ignored.")
    ignored_by = _who()
    ignored_until = _when("An occurrence that began later opens it again; empty: none does.")
    ignored_until_count = models.BigIntegerField(null=True, help_text="More than so many open it again.")
    reopened_at = _when("When the occurrence began that opened it again, or when somebody did.")
    reopened_by = _who()
    reopened = models.IntegerField(default=0, help_text="How often an occurrence opened it again.")
    comment = models.TextField(default="", blank=True)

    class Meta:
        db_table = "telemetry_error_group"

    def __str__(self) -> str:
        return f"{self.tool or self.name}: {self.message or self.error_type}"

    @property
    def hex(self) -> str:
        """The fingerprint as addresses and searches write it: 16 hexadecimal digits."""
        return f"{self.fingerprint & 0xFFFFFFFFFFFFFFFF:016x}"


class CountQuerySet(models.QuerySet[Any]):
    def at(self, resolution_s: int) -> Self:
        return self.filter(resolution_s=resolution_s)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(bucket__gte=start, bucket__lt=end)

    def where(self, calls: str = Calls.ALL, **key: Any) -> Self:
        """Rows of the given words of a series (tool, provider, …) or columns; blanks ignored. Of those *calls*."""
        words = {self._column(name): value for name, value in key.items() if value}
        return self.filter(looked_at(calls), **words)

    def sums(self, *by: str, most: int | None = None) -> dict[tuple[Any, ...], int]:
        """The counts added up by *by*, one or more words of a series, columns or annotations; most first.

        *most*: no more groups than that.
        """
        keys = [self._column(part) for part in by]
        rows = self.order_by().values(*keys).annotate(total=Sum("count")).order_by("-total", *keys)[:most]
        return {tuple(row[key] for key in keys): row["total"] for row in rows}

    def _column(self, name: str) -> str:
        # The kind of a violation is its own, not that of the spans.
        own = {field.name for field in self.model._meta.get_fields()}
        return name if name in own else of_series(name)


class ErrorCount(models.Model):
    """How often a group occurred in the spans of one series that began in one minute or hour."""

    pk = models.CompositePrimaryKey("fingerprint", "resolution_s", "bucket", "series_id")
    fingerprint = models.BigIntegerField()
    resolution_s = models.SmallIntegerField(help_text="60 or 3600")
    bucket = models.DateTimeField()
    series = models.ForeignKey(Series, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    count = models.IntegerField()

    objects = CountQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_error_count"
        indexes = [models.Index("resolution_s", "bucket", name="telemetry_error_count_time")]

    def __str__(self) -> str:
        return f"{self.count} in {self.resolution_s} s at {self.bucket:%F %T}"


class Violation(models.Model):
    """How many calls of one series broke the schema at one path in one way, by minute or hour."""

    pk = models.CompositePrimaryKey("series_id", "resolution_s", "bucket", "path", "kind")
    series = models.ForeignKey(Series, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    resolution_s = models.SmallIntegerField(help_text="60 or 3600")
    bucket = models.DateTimeField()
    path = models.TextField(help_text="In the schema: items[].sku.")
    kind = models.TextField(help_text="One of telemetry.errors.violations.KIND_NAMES.")
    count = models.IntegerField()

    objects = CountQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_violation"
        indexes = [models.Index("resolution_s", "bucket", name="telemetry_violation_time")]

    def __str__(self) -> str:
        return f"{self.path}: {self.kind} × {self.count}"
