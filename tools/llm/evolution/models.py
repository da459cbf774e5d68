"""For which prompts candidates may be written and tried, the candidates, and the ledger of all that was done."""

from decimal import Decimal
from typing import Any, NoReturn

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from tools.llm.evolution.proposals import ARGUMENTS, LADDER, OPTIMISER
from tools.llm.experiments.models import Run
from tools.llm.prompts.models import Prompt, PromptVersion


class Evolution(models.Model):
    """What is allowed for *prompt*; without a row nothing is."""

    prompt = models.OneToOneField(Prompt, on_delete=models.PROTECT, related_name="evolution")
    proposes = models.BooleanField(
        default=False, help_text="Whether drafts of new versions may be written, which nobody is told."
    )
    tries = models.BooleanField(
        default=False, help_text="Whether a draft may be put into an experiment without being asked."
    )
    optimises = models.BooleanField(
        default=False,
        help_text="Whether an optimiser may be started by hand, which asks models and may cost money.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["prompt__name"]
        verbose_name = "permit of a prompt"
        verbose_name_plural = "permits of prompts"

    def __str__(self) -> str:
        return self.prompt.name


class State(models.TextChoices):
    DRAFT = "draft"
    TRIED = "tried"  # in an experiment, which says what became of it
    DROPPED = "dropped"


class Candidate(models.Model):
    """A version that was written because of evidence, beside the one it was made from."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="candidates")
    base = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="+")
    # None once the draft was dropped, and its version deleted.
    version = models.OneToOneField(PromptVersion, null=True, on_delete=models.SET_NULL, related_name="candidate")
    number = models.PositiveIntegerField()  # of the version
    kind = models.CharField(max_length=20, choices=[(each, each) for each in (ARGUMENTS, LADDER, OPTIMISER)])
    why = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # of its texts: the same is not proposed twice
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["prompt", "digest"], name="evolution_proposed_once")]

    def __str__(self) -> str:
        return f"{self.prompt.name}@{self.number}"


class Deed(models.Model):
    """A line of the ledger, which is only ever added to."""

    class Action(models.TextChoices):
        PROPOSED = "proposed"
        TRIED = "tried"
        DROPPED = "dropped"
        UNDONE = "undone"

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="deeds")
    action = models.CharField(max_length=10, choices=Action.choices)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        ordering = ["-id"]
        verbose_name = "line of the ledger"
        verbose_name_plural = "ledger"

    def __str__(self) -> str:
        return f"{self.candidate} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ValueError("The ledger is only ever added to.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("The ledger is only ever added to.")


class OptimiserState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    STOPPED = "stopped"
    LOST = "ended without result"  # its worker was killed


GOING_ON = (OptimiserState.WAITING, OptimiserState.RUNNING)


class OptimiserRun(models.Model):
    """One search for a better text: what it may spend, what it has, and what came of it."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="optimiser_runs")
    base = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="+", editable=False)
    deployment = models.CharField(max_length=100, help_text="Whose calls are judged: it is asked each case.")
    reflector = models.CharField(max_length=100, help_text="Who writes new texts: it is shown what went wrong.")
    most_calls = models.PositiveIntegerField(
        default=300,
        validators=[MinValueValidator(60), MaxValueValidator(10_000)],
        help_text="How many cases may be asked; of them a third at most are kept for what is held out.",
    )
    most_usd = models.DecimalField(
        "most US dollars",
        max_digits=8,
        decimal_places=2,
        default=Decimal(5),
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="By the price list; where it has no price for a model, the tokens bind.",
    )
    most_tokens = models.PositiveIntegerField(default=3_000_000, help_text="In and out, of all that is asked.")
    most_minutes = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    state = models.CharField(max_length=20, choices=OptimiserState.choices, default=OptimiserState.WAITING)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)
    began_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(default=timezone.now)  # when it last told how far it is
    ended_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True)
    in_lab = models.BooleanField(default=False)
    calls = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    sizes = models.JSONField(default=dict)  # of the parts
    left_out = models.JSONField(default=dict)  # model calls of which no case was made, by why
    live_share = models.FloatField(null=True)  # of the validation
    best_share = models.FloatField(null=True)
    text = models.TextField(blank=True)  # the best, where it is not the live one
    told = models.CharField(max_length=500, blank=True)
    candidate = models.OneToOneField(
        Candidate, null=True, on_delete=models.PROTECT, related_name="optimiser_run", editable=False
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "run of the optimiser"
        verbose_name_plural = "runs of the optimiser"

    def __str__(self) -> str:
        return f"{self.prompt.name}, run {self.pk}"
