"""Groups that stand in the admin, and the log of decisions, out of which all evidence can be made again."""

from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from tools.selection.group import (
    MOST_CHARS,
    MOST_FEATURES,
    MOST_MEMBERS,
    PARTS_MEMBERS,
    TAKEN,
    Group,
    Weights,
    is_name,
)
from tools.selection.members import KINDS, prompt_of, unknown_members
from tools.selection.policies import policy_choices


class SelectionGroup(models.Model):
    """Members that can stand for each other, and how one of them is chosen."""

    name = models.CharField(max_length=MOST_CHARS, unique=True, help_text="Who chooses asks for it by this name.")
    kind = models.CharField("its members are", max_length=20, choices=list(KINDS.items()), default="tool")
    members = ArrayField(
        models.CharField(max_length=MOST_CHARS),
        help_text="Separated by commas. The first is used while choice is switched off.",
    )
    policy = models.CharField(max_length=20, choices=policy_choices, default="epsilon_greedy")
    epsilon = models.FloatField(
        default=0.1,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Epsilon-greedy alone: the share of choices in which any member is tried.",
    )
    half_life_h = models.FloatField(
        "half-life (hours)",
        default=24.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(10_000.0)],
        help_text="Evidence of this age counts half, so that a change is noticed. 0: all counts for ever.",
    )
    latency_weight = models.FloatField(
        "a second takes",
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
        help_text="From the reward of a success, which is 1.",
    )
    cost_weight = models.FloatField(
        "a dollar takes", default=0.0, validators=[MinValueValidator(0.0), MaxValueValidator(10_000.0)]
    )
    feedback_within_s = models.PositiveIntegerField(
        "feedback within (seconds)",
        default=3600,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 86_400)],
        help_text="A decision that nobody told of by then is unknown, neither good nor bad;"
        " told of later it counts by its age.",
    )
    edited_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what cannot be chosen among."""
        members = list(self.members or [])
        if not is_name(self.name):
            raise ValidationError({"name": "Use one line, without spaces at its ends."})
        if PARTS_MEMBERS in self.name:
            raise ValidationError(
                {"name": f"Leave {PARTS_MEMBERS} out: groups made up in code are named with it."}
            )
        if self.name in TAKEN:
            raise ValidationError(
                {"name": f"{self.name!r} is a part of the address of choice: take another name."}
            )
        if not 1 <= len(members) <= MOST_MEMBERS or len(set(members)) < len(members):
            raise ValidationError({"members": f"Name 1 to {MOST_MEMBERS} members, each once."})
        if unknown := unknown_members(self.kind, members):
            what = KINDS[self.kind].lower()
            raise ValidationError({"members": f"There is no {what} {unknown[0]!r}: check the name."})
        if self.kind == "prompt" and len({prompt_of(member) for member in members}) > 1:
            raise ValidationError({"members": "Name versions or variants of one prompt: each has its own group."})

    def as_group(self) -> Group:
        return Group(
            name=self.name,
            members=tuple(self.members),
            policy=self.policy,
            epsilon=self.epsilon,
            half_life_s=self.half_life_h * 3600,
            weights=Weights(self.latency_weight, self.cost_weight),
            feedback_within_s=float(self.feedback_within_s),
            kind=self.kind,
        )


class LoggedDecision(models.Model):
    """One decision and, once it was told, what it was worth. Written in the background, many at a time."""

    id = models.UUIDField(primary_key=True, editable=False)
    group = models.CharField(max_length=MOST_CHARS)
    series = models.TextField()
    policy = models.CharField(max_length=20)
    member = models.CharField(max_length=MOST_CHARS)
    probabilities: Any = models.JSONField(help_text="Of each member, when it was made.")
    left_out = ArrayField(
        models.CharField(max_length=MOST_CHARS), default=list, help_text="Members that could not be chosen then."
    )
    propensity = models.FloatField(help_text="The probability of the member that was chosen.")
    reason = models.TextField()
    feature_names = ArrayField(models.TextField(), default=list, size=MOST_FEATURES)
    features = ArrayField(models.FloatField(), default=list, size=MOST_FEATURES)
    latency_weight = models.FloatField()
    cost_weight = models.FloatField()
    half_life_s = models.FloatField()
    feedback_within_s = models.FloatField()
    shared = models.BooleanField(help_text="No: this process alone decided, as Valkey was away.")
    decided_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    success = models.BooleanField(null=True)
    latency_ms = models.FloatField(null=True)
    cost_usd = models.FloatField(null=True)
    reward = models.FloatField(null=True)

    class Meta:
        db_table = "selection_decision"
        verbose_name = "decision"
        indexes = [
            models.Index("series", "decided_at", name="selection_by_series"),
            models.Index("group", "decided_at", name="selection_by_group"),
            models.Index("decided_at", name="selection_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.member} of {self.group}"

    @property
    def was_late(self) -> bool:
        """Whether it was told of when nobody waited for it any more; it counts all the same."""
        waited = timedelta(seconds=self.feedback_within_s)
        return self.told_at is not None and self.told_at - self.decided_at > waited
