"""Text messages that went out, the campaigns they belong to, and who must not get any."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from tools.errors import InvalidArguments

CAMPAIGN_NAME = RegexValidator(
    r"^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and '-', such as 'renewals-2026'."
)


def check_phone_number(value: str) -> None:
    """The admin's validator: says what `normalise` says."""
    # Not above: every process has the model, and only a form needs the library of numbers.
    from tools.catalog.outreach.numbers import normalise

    try:
        number = normalise(value)
    except InvalidArguments as error:
        raise ValidationError(error.detail) from None
    if number != value:
        raise ValidationError(f"Write it without spaces and signs: {number}")


class Campaign(models.Model):
    """Messages with one purpose, counted together. A closed campaign takes no more messages."""

    name = models.CharField(max_length=60, unique=True, validators=[CAMPAIGN_NAME])
    description = models.TextField(blank=True)
    open = models.BooleanField(default=True, help_text="A closed campaign takes no more messages.")
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OptOut(models.Model):
    """A number that gets no messages, whatever the campaign."""

    phone_number = models.CharField(max_length=16, unique=True, validators=[check_phone_number])
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "opt-out"

    def __str__(self) -> str:
        return self.phone_number


class DailyQuota(models.Model):
    """How many messages a number was sent on a day (UTC). Counted by `quota.take` alone."""

    pk = models.CompositePrimaryKey("phone_number", "day")
    phone_number = models.CharField(max_length=16)
    day = models.DateField()
    sent = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "daily quotas"

    def __str__(self) -> str:
        return f"{self.phone_number} on {self.day}: {self.sent}"


class SmsMessage(models.Model):
    """One text message: what was asked for, and what the gateway answered."""

    class State(models.TextChoices):
        CLAIMED = "claimed", "Being sent"
        ACCEPTED = "accepted", "Taken by the gateway"
        REFUSED = "refused", "Refused, not sent"
        UNKNOWN = "unknown", "The gateway did not answer: perhaps sent"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A call sends one message, however often it is tried: `sending.Order.key`.
    idempotency_key = models.CharField(max_length=64, unique=True)
    tool_call_id = models.CharField(max_length=200, db_index=True)
    phone_number = models.CharField(max_length=16)
    body = models.TextField()
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.SET_NULL, related_name="messages")
    encoding = models.CharField(max_length=5)
    segments = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CLAIMED)
    quota_day = models.DateField(help_text="The day (UTC) whose quota it counts against.")
    gateway_sid = models.CharField(max_length=64, blank=True)
    gateway_status = models.CharField(
        max_length=20, blank=True, help_text="The gateway's word: queued, sent, delivered …"
    )
    gateway_answer = models.JSONField(default=dict, blank=True)
    caller_role = models.CharField(max_length=60, blank=True)
    session_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["phone_number", "-created_at"], name="sms_by_number")]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway_sid"], condition=~models.Q(gateway_sid=""), name="one_message_a_sid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phone_number} {self.created_at:%F %T}"
