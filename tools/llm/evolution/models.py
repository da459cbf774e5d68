"""For which prompts candidates may be written and tried, the candidates, and the ledger of all that was done."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from tools.llm.evolution.proposals import ARGUMENTS, LADDER
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
    kind = models.CharField(max_length=20, choices=[(each, each) for each in (ARGUMENTS, LADDER)])
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
