"""Experiments, their runs and arms, who was sent what, and the ledger of what was decided.

A run's plan is written while it is a draft and never after its start, which the database sees to as well (triggers
in ``migrations``). ``planning`` writes drafts, ``running`` starts and ends them.
"""

from secrets import token_hex
from typing import Any, NoReturn, TypeVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tools.llm.experiments.errors import FixedPlan
from tools.llm.experiments.kinds import Subject, SubjectKind
from tools.llm.experiments.units import UnitKind
from tools.llm.prompts.models import NAME, PRODUCTION, PromptVersion

Row = TypeVar("Row", bound=models.Model)
# Of an experiment: who is drawn for what. Fixed when its first run starts.
DRAWN = ("name", "kind", "subject", "label", "unit", "salt")


class Metric(models.TextChoices):
    """What a unit comes to, by its calls of tools."""

    SUCCESS = "success", "success of tool calls"
    FIRST_TRY = "first_try", "success at the first try"
    COST = "cost_per_success", "cost a success"
    LATENCY = "latency", "latency of tool calls"
    FEEDBACK = "feedback", "the user's feedback, from 0 to 1"


class State(models.TextChoices):
    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    PROMOTED = "promoted"


class Action(models.TextChoices):
    PLANNED = "planned"
    STARTED = "started"
    WIDENED = "widened"  # the next step of the ramp
    STOPPED = "stopped"
    PROMOTED = "promoted"
    UNDONE = "undone"


def new_salt() -> str:
    return token_hex(16)


class FixedRows(models.QuerySet[Row]):
    """Rows that are written once."""

    def update(self, **changes: Any) -> NoReturn:
        raise FixedPlan("The ledger is only ever added to.")

    def bulk_update(self, *rows: Any, **more: Any) -> NoReturn:
        self.update()

    def delete(self) -> NoReturn:
        self.update()


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.value, kind.value) for kind in SubjectKind]


class Experiment(models.Model):
    """A question about one subject: what in its place does better. A prompt may be what describes a tool."""

    name = models.CharField(max_length=60, unique=True, validators=[NAME])
    purpose = models.CharField(max_length=300, help_text="What it is to find out, in one sentence.")
    kind = models.CharField(max_length=10, choices=kind_choices)
    subject = models.CharField(max_length=80, help_text="Its name: whoever would get it is in it.")
    label = models.CharField(
        max_length=40, blank=True, default=PRODUCTION, help_text="Of a prompt: whoever asks for it is in it."
    )
    unit = models.CharField(
        max_length=20,
        choices=[(each.value, each.value) for each in UnitKind],
        default=UnitKind.CONVERSATION.value,
    )
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises FixedPlan where units would be drawn otherwise than by a run that has started."""
        stored = Experiment.objects.filter(pk=self.pk).values(*DRAWN).first() or {}
        changed = [name for name, value in stored.items() if value != getattr(self, name)]
        if changed and self.runs.exclude(state=State.DRAFT).exists():
            raise FixedPlan(f"A run of {self} has started, so its {changed[0]} stays: plan another experiment.")
        super().save(*args, **kwargs)

    @property
    def about(self) -> Subject:
        return Subject(SubjectKind(self.kind), self.subject)


# What a run is: fixed when it starts.
PLAN = (
    "experiment_id", "number", "kind", "subject", "metric", "margin", "minimum_units", "minimum_days",
    "window_minutes", "guardrails", "ramp", "promotes_winner",
)  # fmt: skip


class Run(models.Model):
    """One go at an experiment, with arms, weights and a plan that no longer change once it has started."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="runs")
    # Its experiment's.
    kind = models.CharField(max_length=10, choices=kind_choices)
    subject = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    metric = models.CharField(max_length=20, choices=Metric.choices, default=Metric.SUCCESS)
    margin = models.FloatField(
        default=0.02,
        validators=[MinValueValidator(0.0)],
        help_text="A smaller difference is none: 0.02 is two points of a share, 2 % of a time or cost.",
    )
    minimum_units = models.PositiveIntegerField(default=400, help_text="Of each arm, before anything is decided.")
    minimum_days = models.PositiveIntegerField(default=7, help_text="Before anything is decided.")
    window_minutes = models.PositiveIntegerField(
        default=60,
        validators=[MinValueValidator(1)],
        help_text="After its exposure a unit's calls count for so long; then it is compared.",
    )
    # [{"metric": "success", "margin": 0.05}, …]: it may be worse by no more than that.
    guardrails = models.JSONField(default=list, blank=True)
    # [{"share": 0.01, "minimum_units": 50, "minimum_hours": 24}, …], the units counted over all arms.
    ramp = models.JSONField(default=list)
    promotes_winner = models.BooleanField(
        default=False, help_text="Whether a winner goes live by itself when the minimum is met."
    )
    step = models.PositiveIntegerField(default=0)  # of the ramp
    step_began_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["experiment_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number"], name="experiments_number_once"),
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(state=State.RUNNING), name="experiments_one_a_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experiment.name}@{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises FixedPlan where what was fixed before the start is another now."""
        stored = getattr(self, "_stored", {})
        if stored.get("state", State.DRAFT) != State.DRAFT:
            changed = [name for name in PLAN if name in stored and stored[name] != getattr(self, name)]
            if changed:
                raise FixedPlan(f"{self} has started, so its {changed[0]} stays as it is: begin a new run.")
        super().save(*args, **kwargs)
        self._stored = {name: getattr(self, name) for name in ("state", *PLAN)}

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Run":
        run = super().from_db(*args, **kwargs)
        run._stored = {name: run.__dict__[name] for name in ("state", *PLAN) if name in run.__dict__}
        return run

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FixedPlan(f"{self} stays known: a run is stopped, not deleted.")

    @property
    def about(self) -> Subject:
        return Subject(SubjectKind(self.kind), self.subject)

    @property
    def share(self) -> float:
        """Of all units, those that are in it now."""
        return float(self.ramp[min(self.step, len(self.ramp) - 1)]["share"]) if self.ramp else 1.0


class Arm(models.Model):
    """One of those that a run compares; the first is what others are compared with."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="arms")
    label = models.CharField(max_length=40, validators=[NAME])
    weight = models.FloatField(default=1.0, validators=[MinValueValidator(0.001), MaxValueValidator(1_000_000.0)])
    value = models.CharField(
        max_length=80, help_text="A version's number, or a deployment's, route's, tool's name."
    )
    # Of a prompt alone: a version that was compared is not deleted.
    version = models.ForeignKey(PromptVersion, null=True, on_delete=models.PROTECT, related_name="+")
    # What it was when the run started, and its SHA-256. Of a version, which never changes, nothing.
    said = models.TextField(default="")
    sha256 = models.CharField(max_length=64, default="")

    class Meta:
        ordering = ["run_id", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "label"], name="experiments_arm_once")]

    def __str__(self) -> str:
        return f"{self.label}: {'version ' if self.version_id else ''}{self.value}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_started(self.run)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse_started(self.run)
        return super().delete(*args, **kwargs)


def refuse_started(run: Run) -> None:
    """Raises FixedPlan for the arms of a run that has started."""
    if run.state != State.DRAFT:
        raise FixedPlan(f"{run} has started, so its arms stay as they are: begin a new run.")


class Exposure(models.Model):
    """That a unit was given an arm for the first time in a run, and what its calls came to since.

    What is odd about a unit is marked, and the unit stays in its arm all the same.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="exposures")
    arm = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="exposures")
    unit = models.CharField(max_length=32)
    stratum = models.PositiveIntegerField(help_text="The step of the ramp at which it came in.")
    at = models.DateTimeField()
    version = models.CharField(max_length=80, help_text="The arm's value; of a prompt as the span has it.")
    sha256 = models.CharField(max_length=64, help_text="Of what was sent first.")
    model = models.CharField(max_length=300, default="", help_text="Who was asked first, with its provider.")
    mixed = models.BooleanField(default=False, help_text="It was told something else before or meanwhile.")
    late = models.BooleanField(default=False, help_text="It made calls after the run had ended.")
    failed_over = models.BooleanField(
        default=False, help_text="Another had to answer, or the arm was not to be had."
    )
    wrong_text = models.BooleanField(default=False, help_text="What was sent is not what the arm says.")
    # What its calls came to within the run's window, summed up when they were last read.
    calls = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    first_try = models.PositiveIntegerField(default=0)
    latency_ms = models.FloatField(null=True, help_text="The mean of its calls.")
    cost_usd = models.FloatField(null=True)
    feedback = models.FloatField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "unit"], name="experiments_exposed_once")]
        indexes = [models.Index(fields=["run", "read_at"], name="experiments_to_read")]

    def __str__(self) -> str:
        return f"{self.unit} in {self.run_id}"


class ExposedSession(models.Model):
    """A session in which an exposed unit was told its arm's text: where its calls are found."""

    exposure = models.ForeignKey(Exposure, on_delete=models.CASCADE, related_name="sessions")
    session_id = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["exposure", "session_id"], name="experiments_session_once")]

    def __str__(self) -> str:
        return self.session_id


class Look(models.Model):
    """What could be told of a run at a moment, for the line over time and for who looks.

    The last of each slot is kept: slots are short at first (``slots``), and a decision's look has one of its own.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="looks")
    slot = models.DateTimeField()
    at = models.DateTimeField()
    said = models.JSONField(help_text="As tools.llm.experiments.told has it.")

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["run", "slot"], name="experiments_look_once_a_slot")]

    def __str__(self) -> str:
        return f"{self.run_id} at {self.at}"


class Entry(models.Model):
    """A line of the ledger: who decided what of a run, when, why, and by which evidence."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="ledger")
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=150)
    action = models.CharField(max_length=10, choices=Action.choices)
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    objects = FixedRows.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "line of the ledger"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="experiments_entry_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.run}: {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FixedPlan("The ledger is only ever added to.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FixedPlan("The ledger is only ever added to.")


class Feedback(models.Model):
    """What a user thought of a conversation: 0 is bad, 1 is good. Who says it again says it anew."""

    session_id = models.CharField(max_length=200)
    sender = models.CharField(max_length=200)
    score = models.FloatField(validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    comment = models.CharField(max_length=2_000, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [models.UniqueConstraint(fields=["session_id", "sender"], name="experiments_feedback_once")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.score}"
