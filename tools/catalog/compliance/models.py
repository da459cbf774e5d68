"""Compliance rules, as people edit them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

CODE = RegexValidator(
    r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+\Z", "Write capitals, digits and '-', such as EU-CONSENT-IMPLIED."
)


class Severity(models.TextChoices):
    """How bad a violation is, the mildest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ComplianceRule(models.Model):
    """Something that a text to a customer may not hold, or (with ``append``) may not lack."""

    class Jurisdiction(models.TextChoices):
        GLOBAL = "GLOBAL", "Everywhere"
        EU = "EU", "European Union"
        DE = "DE", "Germany"
        UK = "UK", "United Kingdom"
        US = "US", "United States"

    class Checksum(models.TextChoices):
        LUHN = "luhn", "Card number (Luhn)"
        IBAN = "iban", "IBAN (modulo 97)"

    code = models.CharField(max_length=60, unique=True, validators=[CODE])
    title = models.CharField(max_length=100)
    category = models.CharField(max_length=40)
    jurisdiction = models.CharField(max_length=10, choices=Jurisdiction)
    severity = models.CharField(max_length=10, choices=Severity)
    pattern = models.TextField(help_text="Regular expression of what violates the rule; case does not matter.")
    unless = models.TextField(
        blank=True, help_text="Regular expression: where it occurs anywhere in the text, the rule is met."
    )
    checksum = models.CharField(
        max_length=10, choices=Checksum, blank=True, help_text="Only digits with a right check digit violate."
    )
    replacement = models.TextField(
        blank=True, help_text=r"What to write instead; \1 stands for the first group of the pattern."
    )
    append = models.TextField(blank=True, help_text="What the text lacks: put at its end in the suggestion.")
    advice = models.TextField(help_text="What the writer should do, in one or two sentences.")
    source = models.CharField(max_length=200, blank=True, help_text="The law or code behind the rule.")
    example = models.TextField(help_text="A text that violates the rule. The pattern must find it.")
    counterexample = models.TextField(blank=True, help_text="A similar text that is fine and must not be found.")
    active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """Refuse a pattern that cannot be read, is slow, or does not do what its two examples say."""
        # Not above: every process has the model, and only who edits a rule needs the library of patterns.
        from tools.catalog.compliance.proof import faults_of

        if faults := faults_of(self):
            raise ValidationError(dict[str, Any](faults))
