"""Spans, their payloads and their rollups.

The three tables are written by ``telemetry/store.py`` alone. ``Span`` and ``SpanPayload`` are partitioned by
day on ``start_time``, which therefore is part of their keys.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from telemetry.querysets import RollupQuerySet, SpanQuerySet
from telemetry.semconv import Outcome


class Span(models.Model):
    """One OpenTelemetry span: typed columns for what is filtered or charted, the rest in ``attributes``."""

    pk = models.CompositePrimaryKey("start_time", "trace_id", "span_id")
    start_time = models.DateTimeField()
    trace_id = models.UUIDField()
    span_id = models.BigIntegerField(help_text="The 8 bytes of the span id, as a signed number.")
    parent_span_id = models.BigIntegerField(null=True)
    duration_ms = models.FloatField()
    name = models.TextField()
    kind = models.SmallIntegerField(
        help_text="As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer."
    )
    status = models.SmallIntegerField(help_text="As in OTLP: 0 unset, 1 ok, 2 error.")
    operation = models.TextField(default="")
    outcome = models.TextField(default="", choices=[(item.value, item.value) for item in Outcome])
    tool = models.TextField(default="")
    provider = models.TextField(default="")
    model = models.TextField(default="")
    prompt_version = models.TextField(default="")
    caller_role = models.TextField(default="")
    session_id = models.TextField(default="")
    tool_call_id = models.TextField(default="")
    error_type = models.TextField(default="")
    error_message = models.TextField(default="")
    attempts = models.SmallIntegerField(default=1)
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    service = models.TextField(default="")
    attributes = models.JSONField(default=dict)
    events = models.JSONField(default=list)

    objects = SpanQuerySet.as_manager()

    class Meta:
        managed = False  # partitioned: made by SQL in the first migration
        db_table = "telemetry_span"

    def __str__(self) -> str:
        return f"{self.name} {self.trace_id.hex}"


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
        managed = False
        db_table = "telemetry_span_payload"

    def __str__(self) -> str:
        return f"payload of {self.trace_id.hex}"


class Rollup(models.Model):
    """Tool calls of one bucket of time and one key, by outcome, with a latency histogram.

    A call belongs to the bucket in which it started. Percentiles and rates are read from sums of rows, never
    stored.
    """

    pk = models.CompositePrimaryKey(
        "resolution_s", "bucket", "tool", "provider", "model", "prompt_version", "caller_role"
    )
    resolution_s = models.SmallIntegerField(help_text="10, 60 or 3600")
    bucket = models.DateTimeField()
    tool = models.TextField()
    provider = models.TextField()
    model = models.TextField()
    prompt_version = models.TextField()
    caller_role = models.TextField()
    first_try = models.IntegerField(default=0)
    after_retry = models.IntegerField(default=0)
    after_fallback = models.IntegerField(default=0)
    from_cache = models.IntegerField(default=0)
    authorization = models.IntegerField(default=0)
    rate_limit = models.IntegerField(default=0)
    arguments = models.IntegerField(default=0)
    breaker = models.IntegerField(default=0)
    timeout = models.IntegerField(default=0)
    provider_error = models.IntegerField(default=0)  # Outcome.PROVIDER; the plain word is a key above
    returned_failure = models.IntegerField(default=0)
    tool_bug = models.IntegerField(default=0)
    attempts = models.IntegerField(default=0)
    duration_sum_ms = models.FloatField(default=0)
    # telemetry.histogram: one count a bucket.
    durations = ArrayField(models.IntegerField())

    objects = RollupQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_rollup"

    def __str__(self) -> str:
        return f"{self.tool} {self.bucket:%F %T} / {self.resolution_s} s"
