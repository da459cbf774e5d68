"""The rules by which traces are thinned, and what they have done so far."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F
from simple_history.models import HistoricalRecords

# What a rule can name: words of a span's series.
WORDS = ("tool", "service", "operation", "provider", "model", "agent")
MOST = 1_000


class SamplingRule(models.Model):
    """How much is kept of traces in which all went well. The first rule that matches a trace decides."""

    name = models.CharField(max_length=120, unique=True)
    position = models.PositiveIntegerField(default=10, help_text="The lowest that matches a trace decides.")
    enabled = models.BooleanField(default=True)
    tool = models.CharField(
        max_length=200, blank=True, help_text="A trace matches if one of its spans has all of these words."
    )
    service = models.CharField(max_length=200, blank=True)
    operation = models.CharField(max_length=200, blank=True, help_text="For example execute_tool or chat.")
    provider = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    keep_one_in = models.PositiveSmallIntegerField(
        "keep one trace in",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST)],
        help_text="1 keeps all. With 10, each kept span stands for ten in every count.",
    )
    keep_payloads_of_one_in = models.PositiveSmallIntegerField(
        "keep the payloads of one trace in",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(MOST)],
        help_text="A multiple of the number above: of a trace that is not kept no payload can be.",
    )
    slow_ms = models.PositiveIntegerField(
        "slow from (ms)",
        null=True,
        blank=True,
        help_text="A trace with a longer span is kept whole. Blank: than 99 % of its tool's calls that day.",
    )
    edited_at = models.DateTimeField(auto_now=True, help_text="The rule holds for traces that began later.")

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(keep_one_in__gte=1), name="sampling_rule_keeps_some"),
            models.CheckConstraint(
                condition=models.Q(keep_payloads_of_one_in__gte=F("keep_one_in")),
                name="sampling_rule_fewer_payloads",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse shares that cannot be kept."""
        if self.keep_one_in and (self.keep_payloads_of_one_in or 0) % self.keep_one_in:
            least = self.keep_one_in
            raise ValidationError(
                {
                    "keep_payloads_of_one_in": "Payloads can only be kept of traces that are kept: "
                    f"use a multiple of {least}, such as {least} or {10 * least}."
                }
            )

    @property
    def words(self) -> dict[str, Any]:
        """The words that it names."""
        return {name: value for name in WORDS if (value := getattr(self, name))}


class ThinnedHour(models.Model):
    """An hour of spans that was thinned, or is being thinned (no ``ended_at``).

    Its rollups are as they were counted when the spans came; they can no longer be made from the spans.
    """

    hour = models.DateTimeField(primary_key=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    removed = models.IntegerField(default=0, help_text="Spans deleted.")
    payloads_removed = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.hour:%F %H:00}"


class RemovedSpans(models.Model):
    """The keys of spans that thinning deleted, so that one sent again is known and not counted twice."""

    hour = models.DateTimeField(db_index=True)
    keys = ArrayField(models.BigIntegerField(), help_text="telemetry.sampling.removed.key_of")

    class Meta:
        verbose_name_plural = "removed spans"

    def __str__(self) -> str:
        return f"{len(self.keys)} spans of {self.hour:%F %H:00}"
