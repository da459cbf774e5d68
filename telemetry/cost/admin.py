"""Admins correct prices here, or enter those of models that no list has."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.decorators import display

from telemetry.cost.models import BEGINNING, Price, Source


@admin.register(Price)
class PriceAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = (
        "shown_provider",
        "model",
        "since",
        "threshold",
        "input",
        "output",
        "read",
        "written",
        "source",
    )
    list_display_links = ("model",)
    list_filter = ("source", "provider")
    list_per_page = 50
    search_fields = ("provider", "model")
    readonly_fields = ("source", "updated_at")
    fieldsets = (
        (None, {"fields": ("provider", "model", "effective_from", "above_input_tokens")}),
        (
            "US dollars for a million tokens",
            {"fields": ("input_usd", "output_usd", "cache_read_usd", "cache_creation_usd")},
        ),
        ("Where it is from", {"fields": ("source", "updated_at")}),
    )

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        # The next seeding leaves alone what a person has entered.
        obj.source = Source.ENTERED
        super().save_model(request, obj, form, change)

    @display(description="provider", ordering="provider")
    def shown_provider(self, price: Price) -> str:
        return price.provider or "any"

    @display(description="from", ordering="effective_from")
    def since(self, price: Price) -> str:
        return "the beginning" if price.effective_from == BEGINNING else f"{price.effective_from}"

    @display(description="for calls", ordering="above_input_tokens")
    def threshold(self, price: Price) -> str:
        return f"above {price.above_input_tokens:,} input tokens" if price.above_input_tokens else "all"

    @display(description="input", ordering="input_usd")
    def input(self, price: Price) -> str:
        return usd(price.input_usd)

    @display(description="output", ordering="output_usd")
    def output(self, price: Price) -> str:
        return usd(price.output_usd)

    @display(description="cache read", ordering="cache_read_usd")
    def read(self, price: Price) -> str:
        return usd(price.cache_read_usd)

    @display(description="cache written", ordering="cache_creation_usd")
    def written(self, price: Price) -> str:
        return usd(price.cache_creation_usd)


def usd(figure: Decimal | None) -> str:
    """``$2.50``; further decimals only where there are some; ``as input`` for None."""
    if figure is None:
        return "as input"
    cents = figure.quantize(Decimal("0.01"))
    return f"${cents if cents == figure else figure.normalize():f}"
