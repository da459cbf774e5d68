"""Incidents: a rule that fired for a tool, with its evidence and what happened since."""

from django.conf import settings
from django.db import models

from telemetry.alerts.models.rules import Rule, Severity


class IncidentQuerySet(models.QuerySet["Incident"]):
    def open(self) -> "IncidentQuerySet":
        return self.filter(resolved_at=None)

    def newest(self, count: int) -> "IncidentQuerySet":
        return self.order_by("-opened_at")[:count]


class Incident(models.Model):
    """Opened when a rule fires for a tool; one open incident at most per rule and tool."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="incidents")
    tool = models.TextField()
    severity = models.IntegerField(choices=Severity)
    began_at = models.DateTimeField(help_text="When the breach was first seen.")
    opened_at = models.DateTimeField(db_index=True, help_text="When the rule fired.")
    resolved_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    summary = models.TextField(help_text="What broke, in one sentence.")
    worst_value = models.FloatField(help_text="The lowest value seen while it was open.")
    evidence = models.JSONField(default=dict, help_text="telemetry.alerts.evidence.gather, when it fired.")

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "tool"], condition=models.Q(resolved_at=None), name="alerts_one_open_incident"
            ),
        ]

    def __str__(self) -> str:
        return self.summary


class IncidentEvent(models.Model):
    """One line of an incident's timeline."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    text = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.text}"
