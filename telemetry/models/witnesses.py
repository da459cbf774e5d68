"""Spans that may tell of a call of which other spans tell too; written by ``telemetry/witnesses/`` alone."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from telemetry.models.dictionaries import Series


class Witness(models.Model):
    """What one span says of a tool call: an MCP span, or a tool call above or below one.

    Of the spans that tell of one call one is believed, and counts. Which one may change when another comes, so
    what each says is kept here, also where sampling deleted its row.
    """

    pk = models.CompositePrimaryKey("trace_id", "span_id", "start_time")
    trace_id = models.UUIDField()
    span_id = models.BigIntegerField()
    start_time = models.DateTimeField()
    parent_span_id = models.BigIntegerField(null=True)
    duration_ms = models.FloatField()
    fingerprint = models.BigIntegerField(null=True, help_text="The group of errors it would belong to.")
    stored_at = models.DateTimeField(null=True, help_text="When the call was first known: as rules judge it.")
    series = models.ForeignKey(
        Series, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", help_text="As a call."
    )
    status = models.SmallIntegerField()
    attempts = models.SmallIntegerField()
    named = models.SmallIntegerField(help_text="telemetry.spans.rows.Named: how it names its tool.")
    mcp = models.BooleanField(help_text="It is an MCP span.")
    told = models.BooleanField(help_text="It says why it failed.")
    counted = models.BooleanField(help_text="It is the one that is believed.")
    outcome = models.TextField(help_text="A telemetry.semconv.Outcome: how the call ended by what it says.")
    server = models.TextField(db_default="", help_text="What an MCP span says that its server is called.")
    steps = models.SmallIntegerField(
        db_default=0, help_text="So many spans that are no calls lie between it and its parent here."
    )

    class Meta:
        db_table = "telemetry_witness"
        indexes = [
            models.Index("trace_id", "parent_span_id", name="telemetry_witness_above"),
            BrinIndex(fields=["start_time"], name="telemetry_witness_time"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.trace_id.hex}"
