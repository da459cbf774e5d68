"""Prompts, their versions, and the labels that say which version is sent.

Versions are written by ``writing`` and labels moved by ``labels``; neither rows of versions nor of moves ever
change, which the database sees to as well (triggers in ``migrations/0002``).
"""

from typing import Any, NoReturn, TypeVar

from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from tools.llm.prompts.errors import Fixed
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.variables import Variable

PRODUCTION, STAGING = "production", "staging"
NAME = RegexValidator(r"^[a-z][a-z0-9_-]*\Z", "Write small letters, digits, - and _, a letter first.")
Row = TypeVar("Row", bound=models.Model)


class FixedRows(models.QuerySet[Row]):
    """Rows that are written once."""

    def update(self, **changes: Any) -> NoReturn:
        raise Fixed(f"Rows of {self.model._meta.verbose_name} are never changed: write a new version.")

    def bulk_update(self, *rows: Any, **more: Any) -> NoReturn:
        self.update()

    def delete(self) -> NoReturn:
        raise Fixed(f"Rows of {self.model._meta.verbose_name} are not deleted all at once.")


class Prompt(models.Model):
    """A text for models under one name, whatever its versions say."""

    name = models.CharField(
        max_length=60, unique=True, validators=[NAME], help_text="By which code asks for it, and spans tell of it."
    )
    purpose = models.CharField(max_length=300, help_text="What it is for, in one sentence.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new one has the labels that each has, which point at nothing yet."""
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                Label.objects.bulk_create(Label(prompt=self, name=name) for name in (PRODUCTION, STAGING))


class PromptVersion(models.Model):
    """What a prompt says, for good. ``number`` counts within the prompt."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    author = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=300, blank=True)
    variables = models.JSONField(default=list, blank=True)

    objects = FixedRows.as_manager()

    class Meta:
        ordering = ["prompt_id", "-number"]
        verbose_name = "version"
        constraints = [models.UniqueConstraint(fields=["prompt", "number"], name="prompts_number_once")]

    def __str__(self) -> str:
        return f"{self.prompt.name}@{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_change(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """For a draft that no label ever pointed at: what may have been sent stays readable. Raises Fixed."""
        if labels := sorted(self.labels.values_list("name", flat=True)):
            raise Fixed(f"{self} cannot be deleted: labels point at it ({', '.join(labels)}).")
        if moved := LabelMove.objects.filter(to_version=self).first():
            raise Fixed(
                f"{self} cannot be deleted: {moved.label.name} has pointed at it, so it may have been sent."
            )
        return super().delete(*args, **kwargs)

    def plain(self) -> Version:
        """The version without its tables."""
        texts = {(Family(row.family), Rung(row.rung)): row.text for row in self.variants.all()}
        return Version(self.prompt.name, self.number, texts, self.declared())

    def declared(self) -> tuple[Variable, ...]:
        return tuple(Variable.of_json(row) for row in self.variables)


class Variant(models.Model):
    """A version's text for one family of models, at one rung."""

    version = models.ForeignKey(PromptVersion, on_delete=models.CASCADE, related_name="variants")
    family = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Family])
    rung = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Rung])
    text = models.TextField()

    objects = FixedRows.as_manager()

    class Meta:
        ordering = ["version_id", "id"]
        constraints = [models.UniqueConstraint(fields=["version", "family", "rung"], name="prompts_variant_once")]

    def __str__(self) -> str:
        return f"{self.family}/{self.rung}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_change(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Fixed(f"{self} is part of its version and cannot be deleted alone.")


class Label(models.Model):
    """A name for the version that is to be sent; None: for none yet."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="labels")
    name = models.CharField(max_length=40, validators=[NAME])
    version = models.ForeignKey(
        PromptVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="labels"
    )

    class Meta:
        ordering = ["prompt_id", "id"]
        constraints = [models.UniqueConstraint(fields=["prompt", "name"], name="prompts_label_once")]

    def __str__(self) -> str:
        return self.name


class LabelMove(models.Model):
    """That somebody pointed a label at another version, and why."""

    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="moves")
    from_version = models.ForeignKey(PromptVersion, null=True, on_delete=models.PROTECT, related_name="+")
    to_version = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)

    objects = FixedRows.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "move of a label"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="prompts_move_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.label} to {self.to_version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        refuse_change(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Fixed("Where a label has pointed stays known.")


def refuse_change(row: models.Model) -> None:
    """Raises Fixed for a row that is stored already."""
    if not row._state.adding:
        raise Fixed(f"{row} is stored, and never changes: write a new version.")
