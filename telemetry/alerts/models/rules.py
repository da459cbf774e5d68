"""Rules, and where each rule stands for each tool."""

from math import isfinite

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from telemetry.alerts.kinds import kind_choices
from telemetry.counts import origins
from telemetry.rollups import ended_sql

DAY_S = 86_400
# Beyond an hour steps of a minute do: twelve times fewer rows to read.
FINE_WINDOW_S = 3600
FINE_S, COARSE_S = ended_sql.STEPS_S
# A rule that waits for more in a window of a day at most would hardly ever say anything.
MOST_CALLS = 100_000


def resolution_of(window_s: int) -> int:
    """The steps, in seconds, in which the calls of a window of this length are counted."""
    return FINE_S if window_s <= FINE_WINDOW_S else COARSE_S


class Severity(models.IntegerChoices):
    INFO = 10, "info"
    WARNING = 20, "warning"
    CRITICAL = 30, "critical"


class State(models.TextChoices):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


class Judgement(models.TextChoices):
    """What one look at the window says. INSUFFICIENT: too few calls to say anything."""

    OK = "ok"
    BREACH = "breach"
    INSUFFICIENT = "insufficient"


class Rule(models.Model):
    """What to watch and when to tell. Judged for each tool apart."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=40, choices=kind_choices, default="success_rate")
    tool = models.CharField(max_length=200, blank=True, help_text="Blank: each tool by itself.")
    provider = models.CharField(max_length=200, blank=True, help_text="Only calls made for this LLM provider.")
    model = models.CharField(max_length=200, blank=True, help_text="Only calls made for this LLM model.")
    calls = models.CharField(
        max_length=10,
        choices=origins.LABELS,
        default=str(origins.Calls.COUNTED),
        help_text="Whose calls are judged.",
    )
    threshold = models.FloatField(
        default=0.90,
        validators=[MaxValueValidator(1.0)],
        help_text="Breached below this share (0.90 is 90 %).",
    )
    recovery_threshold = models.FloatField(
        default=0.93,
        validators=[MaxValueValidator(1.0)],
        help_text="An incident ends at or above this share. Keep it below the tool's usual rate.",
    )
    window_s = models.PositiveIntegerField(
        "window (s)",
        default=300,
        validators=[MinValueValidator(30), MaxValueValidator(DAY_S)],
        help_text="How far back the rule looks, in steps of 5 s; of 60 s beyond an hour.",
    )
    minimum_calls = models.PositiveIntegerField(
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CALLS)],
        help_text="With fewer judged calls in the window the rule says nothing.",
    )
    confident = models.BooleanField(
        "confidence test",
        default=True,
        help_text="Breached only when the whole 95 % Wilson interval lies below the threshold.",
    )
    for_s = models.PositiveIntegerField(
        "pending for (s)",
        default=0,
        validators=[MaxValueValidator(DAY_S)],
        help_text="The breach must hold this long before anybody is told.",
    )
    keep_firing_for_s = models.PositiveIntegerField(
        "recovered for (s)",
        default=30,
        validators=[MaxValueValidator(DAY_S)],
        help_text="The recovery must hold this long before the incident ends.",
    )
    severity = models.IntegerField(choices=Severity, default=Severity.CRITICAL)
    enabled = models.BooleanField(default=True, help_text="Switching a rule off ends its open incidents.")
    edited_at = models.DateTimeField(auto_now=True)
    tools_left_out = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Tools called in the window that are not registered here and that the rule had no room for.",
    )

    history = HistoricalRecords(excluded_fields=["tools_left_out"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(threshold__gt=0, threshold__lte=models.F("recovery_threshold")),
                name="alerts_rule_thresholds",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a rule that could never fire, or that would resolve while still in breach."""
        for name in ("threshold", "recovery_threshold"):
            if not isfinite(getattr(self, name)):
                raise ValidationError({name: "Not a number, so this rule could never fire: use e.g. 0.90."})
        if self.threshold <= 0:
            raise ValidationError(
                {"threshold": "A success rate is never below 0 %, so this rule could never fire: use e.g. 0.90."}
            )
        if self.recovery_threshold < self.threshold:
            too_low = "Below the threshold, an incident would end while the rule is still breached."
            raise ValidationError({"recovery_threshold": too_low})
        if self.window_s % resolution_of(self.window_s):
            step_s = resolution_of(self.window_s)
            raise ValidationError(
                {"window_s": f"A window this long is counted in steps of {step_s} s: use a multiple of {step_s}."}
            )

    def covers(self, tool: str) -> bool:
        return self.enabled and self.tool in ("", tool)


class RuleState(models.Model):
    """Where a rule stands for one tool, and the numbers of its last look."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="states")
    tool = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.INACTIVE)
    since = models.DateTimeField(help_text="When the state was entered.")
    # Both matter while firing only: what keeps an incident open.
    unrecovered_at = models.DateTimeField(help_text="The last look that did not show a recovery.")
    evidence_at = models.DateTimeField(help_text="The last look with enough calls to judge.")
    judgement = models.CharField(max_length=12, choices=Judgement, default=Judgement.INSUFFICIENT)
    broken = models.JSONField(
        default=list, help_text="The shares that were breached since it is pending or firing."
    )
    share = models.TextField(
        default="calls", help_text="Whose numbers the following are: telemetry.alerts.shares."
    )
    total = models.PositiveIntegerField(default=0, help_text="The calls that the share is judged by.")
    value = models.FloatField(null=True, help_text="Empty without calls.")
    lower = models.FloatField(default=0.0)
    upper = models.FloatField(default=1.0)
    longest_ms = models.FloatField(default=0.0, help_text="The longest call that ended in the window.")
    window_end = models.DateTimeField()
    evaluated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "tool"], name="alerts_state_of_rule_and_tool")]

    def __str__(self) -> str:
        return f"{self.tool}: {self.state}"


class RuleFault(models.Model):
    """A rule that could not be judged, for one tool or (blank) at all; gone with the first look that could."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="faults")
    tool = models.TextField(blank=True)
    error = models.TextField()
    since = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "tool"], name="alerts_fault_of_rule_and_tool")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.tool}: {self.error}"
