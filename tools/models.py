"""What an admin decides about tools, and the keys of those who may call them."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import VectorField
from simple_history.models import HistoricalRecords

from tools.definition.editable import BY_NAME
from tools.definition.policy import UNLIMITED, Rate
from tools.process.embedding import DIMENSIONS

USED_RESOLUTION = timedelta(minutes=1)


def validate_rate(text: str) -> None:
    """Raises ValidationError that says what to write instead."""
    if text == UNLIMITED:
        return
    try:
        Rate.parse(text)
    except ValueError as error:
        raise ValidationError(f"{error} Write {UNLIMITED!r} for no limit.") from None


def _seconds(
    label: str, help_text: str, least: float = 0.0, most: float = 3600.0
) -> "models.FloatField[Any, Any]":
    return models.FloatField(
        f"{label} (s)",
        null=True,
        blank=True,
        validators=[MinValueValidator(least), MaxValueValidator(most)],
        help_text=help_text,
    )


def _number(label: str, help_text: str, most: int) -> "models.PositiveIntegerField[Any, Any]":
    return models.PositiveIntegerField(
        label, null=True, blank=True, validators=[MaxValueValidator(most)], help_text=help_text
    )


def _rate(label: str, help_text: str) -> "models.CharField[Any, Any]":
    return models.CharField(
        label, max_length=32, blank=True, default="", validators=[validate_rate], help_text=help_text
    )


class Tool(models.Model):
    """What was changed against the defaults in a tool's code; whatever is empty is as the code has it."""

    name = models.CharField(max_length=64, unique=True)
    enabled = models.BooleanField(null=True, blank=True, help_text="Unknown: as in code (on).")
    description = models.TextField(
        blank=True, default="", help_text="What a model reads to choose the tool. Empty: as in code."
    )
    roles = ArrayField(
        models.CharField(max_length=64),
        null=True,
        blank=True,
        help_text="Caller roles that may call it, by comma. Empty: as in code.",
    )
    timeout_s = _seconds("timeout", "Of one attempt.", 0.01)
    deadline_s = _seconds("deadline", "Of the whole call, retries and waiting included.", 0.01)
    retries = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(9)], help_text="Tries after the first."
    )
    hedge_after_s = _seconds("hedge after", "A second attempt beside one that takes longer; 0: none.")
    rate = _rate("rate", f"Such as 10/min, 20/hour or 10/min burst 30; {UNLIMITED} for no limit.")
    caller_rate = _rate(
        "rate of each caller", f"Such as 10/min, 20/hour or 10/min burst 30; {UNLIMITED} for no limit."
    )
    quota_day = _number("calls a day", "Of each caller, by UTC's days; 0: as many as they like.", 1_000_000_000)
    quota_month = _number("calls a month", "Of each caller; 0: as many as they like.", 1_000_000_000)
    max_concurrent = _number("at the same time", "Calls that may run at once; 0: any number.", 100_000)
    max_queued = _number("waiting", "Calls of one process that may wait for their turn.", 100_000)
    cache_ttl_s = _seconds("cache", "How long a result is kept; 0: not at all.", most=30 * 86_400)
    cache_stale_s = _seconds(
        "stale", "How long after that it is still given while a new one is fetched.", most=30 * 86_400
    )
    cache_errors_s = _seconds("failures", "How long a failure is kept; 0: not at all.", most=86_400)
    breaker_hold = models.CharField(
        "breaker",
        max_length=8,
        blank=True,
        default="",
        choices=[("open", "Held open: refuse all calls"), ("closed", "Held closed: never refuse")],
        help_text="Empty: it opens and closes by itself.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        permissions = [
            ("execute_tool", "Can run tools"),
            ("execute_as_any_role", "Can run tools as any caller role"),
            ("hold_breaker", "Can open, close and hold breakers"),
            ("clear_cache", "Can clear the cache"),
        ]

    def __str__(self) -> str:
        return self.name

    def edits(self) -> dict[str, Any]:
        """The fields of ``ToolPolicy`` that differ from code's; rates as text."""
        changed = {name: getattr(self, name) for name in BY_NAME}
        if changed["roles"] is not None:
            changed["roles"] = frozenset(changed["roles"])
        return {name: value for name, value in changed.items() if value is not None and value != ""}


class KeptQuestion(models.Model):
    """A question whose result is kept under *key*, so that the same question in other words finds it."""

    key = models.CharField(max_length=64, unique=True)
    group = models.CharField(max_length=64, db_index=True, help_text="Questions that may share a result.")
    embedding = VectorField(dimensions=DIMENSIONS)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class Scope(models.TextChoices):
    """What a key is good for."""

    EXECUTE = "execute", "Call tools"
    INGEST = "ingest", "Send spans (OTLP)"
    READ = "read", "Read telemetry and cache statistics"
    PAYLOADS = "payloads", "Read arguments, results and messages"
    METRICS = "metrics", "Read /metrics"
    MANAGE = "manage", "Clear the cache, move breakers"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid(self) -> "ApiKeyQuerySet":
        """Neither revoked nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)

    def note_used(self, hashes: Iterable[str]) -> int:
        """Remember that keys were used just now, to the minute."""
        now = timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_RESOLUTION)
        return self.filter(stale, hash__in=list(hashes)).update(last_used_at=now)


class ApiKey(models.Model):
    """A key, of which only the hash is kept: a copy of this table opens nothing."""

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=16, help_text="The first characters, by which its owner knows it.")
    hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key, in hexadecimal.")
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope.choices), default=list)
    roles = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text="Caller roles that the key may claim beside its own, by comma.",
    )
    any_role = models.BooleanField(
        default=False, help_text="The key may claim every caller role there is: prefer a list."
    )
    services = ArrayField(
        models.CharField(max_length=96),
        default=list,
        blank=True,
        help_text="Services (service.name) whose spans the key may send, by comma. Empty: any.",
    )
    default_role = models.CharField(
        max_length=64,
        blank=True,
        default="coach",
        help_text="The key's own: that of a call that does not name one.",
    )
    quota_day = _number(
        "calls a day", "Of all tools, by UTC's days; 0 or empty: as many as they like.", 1_000_000_000
    )
    quota_month = _number("calls a month", "Of all tools; 0 or empty: as many as they like.", 1_000_000_000)
    models_usd_day = models.DecimalField(
        "US dollars of models a day",
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="What it may have models asked for, by UTC's days. Empty: as much as it likes.",
    )
    models_tokens_day = models.PositiveBigIntegerField(
        "tokens of models a day",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10**15)],
        help_text="In and out. Empty: as many as it likes.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["hash", "last_used_at"])

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
