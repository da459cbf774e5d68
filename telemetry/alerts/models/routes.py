"""Routes (who is told, how) and deliveries (the outbox: one row per telling)."""

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from telemetry.alerts.channels import channel_choices, load_channel
from telemetry.alerts.channels.base import ConfigError
from telemetry.alerts.models.incidents import Incident
from telemetry.alerts.models.rules import Severity
from telemetry.database.sealing import SealedTextField


class Route(models.Model):
    """Where messages go. The secret is sealed in the database, and kept out of pages, history and messages."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=40, choices=channel_choices)
    config = models.JSONField(default=dict, help_text="What the channel needs; see below for its shape.")
    secret = SealedTextField(blank=True)
    minimum_severity = models.IntegerField(
        choices=Severity, default=Severity.INFO, help_text="Incidents below this are not told here."
    )
    enabled = models.BooleanField(default=True)

    history = HistoricalRecords(excluded_fields=["secret"])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Let the channel check its own configuration."""
        try:
            load_channel(self.kind, self.config, self.secret)
        except ConfigError as error:
            raise ValidationError({error.field: str(error)}) from error
        except KeyError as error:
            raise ValidationError({"kind": "There is no such channel."}) from error


class Delivery(models.Model):
    """One message to one route: written with the state change it tells of, sent by ``deliver.Sender``."""

    class Kind(models.TextChoices):
        FIRING = "firing"
        RESOLVED = "resolved"
        TEST = "test"
        FAULT = "fault", "rule at fault"

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        LOGGED = "logged", "written to the log only"
        FAILED = "failed", "failed for good"
        SKIPPED = "skipped", "not sent"

    key = models.CharField(
        max_length=64, unique=True, help_text="The same for every attempt, so receivers can tell a repeat."
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )
    route = models.ForeignKey(Route, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    route_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    message = models.JSONField(help_text="What is told: {type, timestamp, data}.")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_excerpt = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(status="pending"), name="alerts_delivery_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.route_name}: {self.status}"
