"""The history of evaluations: runs, and what came of each case. Written by ``history``, and never changed."""

from django.db import models
from django.utils import timezone

from tools.llm.evaluation.fields import CASE_CHARS, SUITE_CHARS


class Run(models.Model):
    """One ``manage.py evaluate``."""

    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    is_whole = models.BooleanField(default=False, help_text="False: it was interrupted, and has what was done.")
    in_lab = models.BooleanField(help_text="Asked of the provider lab, which costs nothing and knows nothing.")
    seed = models.IntegerField(default=0, help_text="Of the lab.")
    suites = models.JSONField(default=list)
    versions = models.JSONField(default=list, help_text="Labels or numbers of prompt versions, as somebody wrote.")
    rung = models.CharField(max_length=10)
    repetitions = models.PositiveIntegerField(default=1)
    note = models.CharField(max_length=300, blank=True)
    asked = models.PositiveIntegerField(default=0, help_text="How often a case was asked.")
    passed = models.PositiveIntegerField(default=0)
    usd = models.FloatField(default=0.0)
    against = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    verdict = models.CharField(max_length=30, blank=True)
    said = models.TextField(blank=True, help_text="What the comparison says, in a sentence.")
    regressed = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "evaluation"

    def __str__(self) -> str:
        return f"run {self.pk}"


class CaseResult(models.Model):
    """What came of one case, asked once of one deployment."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="results")
    suite = models.CharField(max_length=SUITE_CHARS)
    case = models.CharField(max_length=CASE_CHARS)
    digest = models.CharField(max_length=16, help_text="Of the case: another one was edited.")
    deployment = models.CharField(max_length=100)
    provider = models.CharField(max_length=100)
    model = models.CharField(max_length=200)
    asked = models.CharField(max_length=60, help_text="The version of the prompt, as somebody wrote it.")
    prompt_version = models.CharField(max_length=100, blank=True)
    repetition = models.PositiveIntegerField(default=1)
    passed = models.BooleanField()
    first_try = models.BooleanField()
    wrong = models.JSONField(default=dict, help_text="How often what was wrong, by kind.")
    why = models.JSONField(default=list)
    calls = models.JSONField(default=list)
    usd = models.FloatField(default=0.0)
    latency_ms = models.FloatField(default=0.0)
    tokens = models.PositiveIntegerField(default=0)
    rounds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        verbose_name = "result of a case"
        verbose_name_plural = "results of cases"
        indexes = [models.Index(fields=["run", "suite"])]

    def __str__(self) -> str:
        return f"{self.suite}/{self.case}"
