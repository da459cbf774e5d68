"""Spans, their payloads and their rollups.

Spans, payloads and rollups are written by ``telemetry/store.py`` alone. ``Span`` and ``SpanPayload`` are
partitioned by day on ``start_time``, which therefore is part of their keys; the first migration makes them by SQL.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from telemetry.querysets import RollupQuerySet, SpanQuerySet


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
    outcome = models.TextField(default="", help_text="A telemetry.semconv.Outcome; empty: not a tool call.")
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
    agent = models.TextField(default="")
    service = models.TextField(default="")
    attributes = models.JSONField(default=dict)
    events = models.JSONField(default=list)

    objects = SpanQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_span"
        indexes = [
            models.Index("trace_id", name="telemetry_span_trace"),
            models.Index("tool", "start_time", name="telemetry_span_tool", condition=~models.Q(outcome="")),
            models.Index("session_id", name="telemetry_span_session", condition=~models.Q(session_id="")),
            models.Index("tool_call_id", name="telemetry_span_call", condition=~models.Q(tool_call_id="")),
        ]

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
    # Whole microseconds, so that the sum is the same in whatever order calls are added.
    duration_sum_us = models.BigIntegerField(default=0)
    # telemetry.histogram: one count a bucket.
    durations = ArrayField(models.IntegerField())

    objects = RollupQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_rollup"

    def __str__(self) -> str:
        return f"{self.tool} {self.bucket:%F %T} / {self.resolution_s} s"


class Recorder(models.Model):
    """What one process has recorded, written with its batches; ``telemetry.health`` adds the processes up."""

    process = models.TextField(primary_key=True, help_text="host:pid:start")
    seen_at = models.DateTimeField()
    stored = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0, help_text="Lost: the disk or the queue was full.")
    refused = models.BigIntegerField(default=0, help_text="Not storable: too old, too new or malformed.")
    waiting = models.BigIntegerField(default=0, help_text="Ended and not yet stored.")
    newest_end = models.DateTimeField(null=True, help_text="When the newest span it stored ended.")
    lag_s = models.FloatField(default=0, help_text="How long after its end that span was stored.")

    class Meta:
        db_table = "telemetry_recorder"

    def __str__(self) -> str:
        return self.process


class Heartbeat(models.Model):
    """When a background worker last said that it runs."""

    name = models.TextField(primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "telemetry_heartbeat"

    def __str__(self) -> str:
        return self.name
