"""Exports: what somebody asked for, how far it is, and until when its file is kept."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models

from telemetry.exports.formats import FORMATS, Format


class State(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = (State.QUEUED, State.RUNNING)
# A runner says that it is alive after every chunk, each of which ends within seconds.
SILENT_AFTER = timedelta(seconds=60)


def format_choices() -> list[tuple[str, str]]:
    return [(key, each.label) for key, each in FORMATS.items()]


class ExportQuerySet(models.QuerySet["Export"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def silent(self, now: datetime) -> Self:
        """Running, as it says, but its worker has not been heard of."""
        return self.filter(state=State.RUNNING, heartbeat_at__lt=now - SILENT_AFTER)

    def past(self, now: datetime) -> Self:
        """Done, and kept for long enough."""
        return self.filter(state=State.DONE, expires_at__lte=now)


class Export(models.Model):
    """Spans that match a query and began in a period, written to a file in the background."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    query = models.TextField(blank=True, default="", help_text="In the search language; empty: every span.")
    start = models.DateTimeField(help_text="Spans that began at or after this …")
    end = models.DateTimeField(help_text="… and before this.")
    format = models.CharField(max_length=16, choices=format_choices)
    with_payloads = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    attempt = models.SmallIntegerField(default=0, help_text="Counts the workers that began it.")
    rows_done = models.BigIntegerField(default=0)
    reached = models.DateTimeField(null=True, help_text="Newest first: all after this moment is in the file.")
    bytes = models.BigIntegerField(default=0, help_text="Size of the file so far.")
    note = models.TextField(blank=True, default="", help_text="Why it failed, or what is missing.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_export"
        ordering = ["-created_at"]
        indexes = [models.Index("state", "created_at", name="telemetry_export_state")]

    def __str__(self) -> str:
        return f"{self.kind.label} of {self.query or 'every span'}"

    @property
    def kind(self) -> Format:
        return FORMATS[self.format]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def share(self) -> float:
        """How much of the period has been read, 0 to 1."""
        if self.state == State.DONE:
            return 1.0
        if self.reached is None:
            return 0.0
        return min(1.0, max(0.0, (self.end - self.reached) / (self.end - self.start)))

    @property
    def rows_estimated(self) -> int | None:
        """How many rows it will have if the rest of the period is like what has been read; None before that."""
        return round(self.rows_done / self.share) if self.share else None

    @property
    def download_name(self) -> str:
        """What a browser saves it as: nothing of it is anybody's input."""
        return f"salesboost-spans-{self.created_at:%Y%m%dT%H%M%SZ}-{self.id.hex[:8]}.{self.kind.extension}"
