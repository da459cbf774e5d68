"""Standings, one a prompt's version and deployment, and each move of one, which is never changed."""

from datetime import UTC, datetime

from django.db import models

from tools.llm.adjusting.deciding import PATIENCE_S, Standing
from tools.llm.prompts.families import Rung

RUNGS = [(each.value, each.value) for each in Rung]


class RungStanding(models.Model):
    """At which rung *deployment* is asked with *prompt* (``support@3``); without a row it is the detailed one."""

    prompt = models.CharField(max_length=80)
    deployment = models.CharField(max_length=120)
    rung = models.CharField(max_length=10, choices=RUNGS)
    since = models.DateTimeField()
    patience_s = models.FloatField("patience in s", default=PATIENCE_S)
    came_up = models.BooleanField(default=False, help_text="Whether the last move was one up.")

    class Meta:
        ordering = ["prompt", "deployment"]
        verbose_name = "rung of a prompt"
        verbose_name_plural = "rungs of prompts"
        constraints = [
            models.UniqueConstraint(fields=["prompt", "deployment"], name="adjusting_one_standing_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.prompt} at {self.deployment}: {self.rung}"

    def plain(self) -> Standing:
        return Standing(Rung(self.rung), self.since.timestamp(), self.patience_s, self.came_up)


class RungMove(models.Model):
    """That a standing changed, or was to change and did not (both rungs are the same then), and why."""

    prompt = models.CharField(max_length=80)
    deployment = models.CharField(max_length=120)
    from_rung = models.CharField(max_length=10, choices=RUNGS)
    to_rung = models.CharField(max_length=10, choices=RUNGS)
    at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=150, blank=True, default="")  # empty: by itself

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["prompt", "deployment", "-at"], name="adjusting_moves_of_a_place")]
        verbose_name = "move of a rung"
        verbose_name_plural = "moves of rungs"

    def __str__(self) -> str:
        return f"{self.prompt} at {self.deployment}: {self.change}"

    @property
    def change(self) -> str:
        """What it did, in words."""
        return f"stays {self.to_rung}" if self.from_rung == self.to_rung else f"{self.from_rung} → {self.to_rung}"


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
