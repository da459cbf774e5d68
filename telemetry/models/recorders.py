"""What processes say of themselves: what they recorded, and that they run."""

from django.db import models


class Recorder(models.Model):
    """What one process has recorded, written with its batches; ``telemetry.health`` adds the processes up."""

    process = models.TextField(primary_key=True, help_text="host:pid:start")
    seen_at = models.DateTimeField()
    stored = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0, help_text="Lost: the disk or the queue was full.")
    late = models.BigIntegerField(default=0, help_text="Stored more than ten minutes after they ended.")
    refused = models.BigIntegerField(default=0, help_text="Not storable: too old, too new or malformed.")
    waiting = models.BigIntegerField(default=0, help_text="Ended and not yet stored.")
    oldest_waiting_at = models.DateTimeField(null=True, help_text="When the oldest of those ended.")
    newest_end = models.DateTimeField(null=True, help_text="When the newest span it stored ended.")
    lag_s = models.FloatField(default=0, help_text="How long after its end that span was stored.")
    forwarded = models.BigIntegerField(default=0, help_text="Taken by the second OTLP endpoint.")
    forward_dropped = models.BigIntegerField(default=0, help_text="Stored, but not forwarded and given up.")
    forward_waiting = models.BigIntegerField(default=0, help_text="Stored and not yet forwarded.")

    class Meta:
        db_table = "telemetry_recorder"

    def __str__(self) -> str:
        return self.process


class IngestMinute(models.Model):
    """What all processes stored and lost in one minute of their clocks."""

    minute = models.DateTimeField(primary_key=True)
    stored = models.BigIntegerField(default=0)
    late = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        db_table = "telemetry_ingest_minute"

    def __str__(self) -> str:
        return f"{self.stored} spans at {self.minute:%F %H:%M}"


class Heartbeat(models.Model):
    """When a background worker last said that it runs."""

    name = models.TextField(primary_key=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "telemetry_heartbeat"

    def __str__(self) -> str:
        return self.name
