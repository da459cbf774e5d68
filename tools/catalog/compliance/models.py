"""Compliance rules, as people edit them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from tools.catalog.compliance import patterns
from tools.catalog.compliance.matching import Rule, violations_of
from tools.catalog.compliance.patterns import BadPattern, TooSlow

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
        faults: dict[str, Any] = {}
        for name, check in (("pattern", self._check_pattern), ("unless", self._check_unless)):
            try:
                check()
            except BadPattern as fault:
                faults[name] = str(fault)
            except TooSlow:
                faults[name] = "The pattern takes too long on its own example: bound its repetitions."
        if self.replacement and self.append:
            faults["append"] = "Give a replacement or a text to append, not both."
        if faults:
            raise ValidationError(faults)

    def _check_pattern(self) -> None:
        patterns.compile_pattern(self.pattern)
        if patterns.compile_pattern(self.pattern).fullmatch("", timeout=patterns.TIME_LIMIT_S):
            raise BadPattern("The pattern also matches nothing at all: make a part of it obligatory.")
        patterns.check_speed(self.pattern, self.example)
        patterns.compile_pattern(self.unless)
        rule = Rule.from_model(self)
        if not violations_of(rule, self.example):
            raise BadPattern("The pattern does not find its example. What it has to find is: " + self.example)
        for wrong in violations_of(rule, self.counterexample):
            raise BadPattern(
                f"The pattern finds “{wrong.quoted}” (characters {wrong.start + 1} to {wrong.end}) in the "
                "counterexample, which is fine: make it narrower."
            )

    def _check_unless(self) -> None:
        if self.unless:
            patterns.compile_pattern(self.unless)
            patterns.check_speed(self.unless, self.example)
