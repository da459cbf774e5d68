"""The price table: what a million tokens of a model cost, from a day on."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from telemetry.cost.names import model_name, provider_name
from telemetry.cost.pricing import Rates

# From when the prices hold that a new installation starts with: longer ago than any span.
BEGINNING = date(2000, 1, 1)
# At this price the most tokens that a span can tell of still fit into its column of cost.
MOST_USD = Decimal(100_000)
KEY = ("provider", "model", "above_input_tokens")
USD = ("input_usd", "output_usd", "cache_read_usd", "cache_creation_usd")


def today() -> date:
    """The day (UTC) from which a price that somebody enters holds, unless they say otherwise."""
    return timezone.now().date()


class Source(models.TextChoices):
    """Who said so."""

    LITELLM = "litellm", "LiteLLM's list"
    SHIPPED = "shipped", "SalesBoost's list"
    ENTERED = "entered", "Entered here"


def _usd(label: str, help_text: str, **more: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        f"{label} (USD per million tokens)",
        max_digits=14,
        decimal_places=6,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MOST_USD)],
        help_text=help_text,
        **more,
    )


class Price(models.Model):
    """US dollars for a million tokens; holds until a later row of the same provider, model and threshold."""

    provider = models.CharField(
        max_length=96,
        blank=True,
        help_text="As on spans: openai, gcp.gemini, groq, … Empty: whatever the provider.",
    )
    model = models.CharField(
        max_length=192, help_text="As on spans. A star at the end stands for any rest: llama-3.3-*"
    )
    effective_from = models.DateField(default=today, help_text="The first day (UTC) on which it holds.")
    above_input_tokens = models.PositiveIntegerField(
        "above (input tokens)",
        default=0,
        help_text="Only for calls with more input tokens than this; 0: for all. For prices of long contexts.",
    )
    input_usd = _usd("input", "0 says that it is free.")
    output_usd = _usd("output", "0 for embeddings.")
    cache_read_usd = _usd("cached input, read", "Empty: as input.", null=True, blank=True)
    cache_creation_usd = _usd("cached input, written", "Empty: as input.", null=True, blank=True)
    source = models.CharField(max_length=16, choices=Source, default=Source.ENTERED, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ["provider", "model", "above_input_tokens", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model", "above_input_tokens", "effective_from"],
                name="cost_price_once_a_day",
                violation_error_message="There is a price of this model from that day on already: edit that one.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider or 'any provider'} {self.model} from {self.effective_from}"

    def clean(self) -> None:
        """Spells the names as spans do. Raises ValidationError that says what to write instead."""
        self.provider, self.model = provider_name(self.provider), model_name(self.model)
        if "*" in self.model[:-1]:
            raise ValidationError({"model": "A star may stand only at the end: it is for whatever follows."})
        if self.model == "*" and not self.provider:
            raise ValidationError({"model": "A star for every model of every provider would price the unknown."})

    def rates(self) -> Rates:
        """The row for ``telemetry.cost.pricing``."""
        return Rates(**{name: getattr(self, name) for name in (*KEY, "effective_from", *USD)})
