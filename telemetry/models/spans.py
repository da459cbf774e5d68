"""Spans and their payloads.

Both are written by ``telemetry/store/batches.py`` alone, and partitioned by day on ``start_time``, which therefore
is part of their keys; migrations make them by SQL. A span's row is narrow: what repeats is in
``telemetry_series``, ``telemetry_source`` and ``telemetry_attribute_set``.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, Self

from django.contrib.postgres.indexes import HashIndex
from django.db import models

from telemetry.counts.origins import Calls, looked_at
from telemetry.counts.rollup_columns import of_series
from telemetry.models.dictionaries import AttributeSet, Series, Source
from telemetry.semconv import FAILED, span_name


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


class Span(models.Model):
    """One OpenTelemetry span. The words of its series are attributes of it too: ``span.tool``."""

    pk = models.CompositePrimaryKey("start_time", "trace_id", "span_id")
    start_time = models.DateTimeField(help_text="To the microsecond; start_ns has the rest.")
    start_ns = models.SmallIntegerField(default=0, help_text="0 to 999, to be added to start_time.")
    trace_id = models.UUIDField()
    span_id = models.BigIntegerField(help_text="The 8 bytes of the span id, as a signed number.")
    parent_span_id = models.BigIntegerField(null=True)
    duration_ms = models.FloatField(help_text="Exact to the nanosecond.")
    series = models.ForeignKey(Series, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    source = models.ForeignKey(Source, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    attribute_set = models.ForeignKey(
        AttributeSet, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    outcome = models.TextField(default="", help_text="A telemetry.semconv.Outcome; empty: not a tool call.")
    status = models.SmallIntegerField(help_text="As in OTLP: 0 unset, 1 ok, 2 error.")
    attempts = models.SmallIntegerField(default=1)
    weight = models.SmallIntegerField(default=1, help_text="For how many spans it stands after sampling.")
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True, help_text="Null: not priced.")
    fingerprint = models.BigIntegerField(null=True, help_text="The group of errors it belongs to.")
    own_name = models.TextField(null=True, help_text="Null where the name follows from the series.")  # noqa: DJ001
    session_id = models.TextField(default="")
    tool_call_id = models.TextField(default="")
    error_type = models.TextField(default="")
    error_message = models.TextField(default="")
    own_attributes = models.JSONField(null=True, db_column="attributes", help_text="Beside those of its set.")
    events = models.JSONField(null=True)
    links = models.JSONField(null=True)
    stored_at = models.DateTimeField(null=True, help_text="When it was stored; of tool calls alone.")

    objects = SpanManager()

    class Meta:
        db_table = "telemetry_span"
        indexes = [
            models.Index("trace_id", name="telemetry_span_trace"),
            # Migration 0004 makes more of them, which serve searches.
            models.Index("series_id", "outcome", "status", "weight", name="telemetry_span_series"),
            models.Index("session_id", name="telemetry_span_session", condition=~models.Q(session_id="")),
            HashIndex(fields=["tool_call_id"], name="telemetry_span_call", condition=~models.Q(tool_call_id="")),
            models.Index(
                "fingerprint",
                "start_time",
                name="telemetry_span_fingerprint",
                condition=models.Q(fingerprint__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.trace_id.hex}"

    @cached_property
    def name(self) -> str:
        """The span's name as it was sent."""
        if self.own_name is not None:
            return self.own_name
        return span_name(self.operation, self.tool, self.model, self.agent)

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """All attributes that have no column of their own; ask for the span by ``Span.objects.whole()``."""
        shared = self.attribute_set.attributes if self.attribute_set else {}
        return {**shared, **(self.own_attributes or {})}

    @property
    def operation(self) -> str:
        return self.series.operation

    @property
    def kind(self) -> int:
        """As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer."""
        return self.series.kind

    @property
    def tool(self) -> str:
        return self.series.tool

    @property
    def provider(self) -> str:
        return self.series.provider

    @property
    def model(self) -> str:
        return self.series.model

    @property
    def prompt_version(self) -> str:
        return self.series.prompt_version

    @property
    def caller_role(self) -> str:
        return self.series.caller_role

    @property
    def agent(self) -> str:
        return self.series.agent

    @property
    def service(self) -> str:
        return self.series.service

    @property
    def api_key(self) -> str:
        """The name of the API key that made the call or sent the span."""
        return self.series.api_key

    @property
    def origin(self) -> str:
        """A telemetry.semconv.Origin: whether this installation made it, or was told of it."""
        return self.series.origin


class SpanPayload(models.Model):
    """What went in and what came out, redacted and cut to ``settings.PAYLOAD_MAX_CHARS``."""

    pk = models.CompositePrimaryKey("start_time", "trace_id", "span_id")
    start_time = models.DateTimeField()
    trace_id = models.UUIDField()
    span_id = models.BigIntegerField()
    arguments = models.TextField(default="")
    result = models.TextField(default="")
    messages = models.TextField(default="")

    class Meta:
        db_table = "telemetry_span_payload"

    def __str__(self) -> str:
        return f"payload of {self.trace_id.hex}"
