"""The admin pages of prices and terms. Every edit keeps its history."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from tools.cache.editing import DropsResults
from tools.catalog.pricing.models import (
    Currency,
    DiscountLevel,
    PriceBook,
    PriceTier,
    Product,
    TaxRate,
    TermDiscount,
)
from tools.state.base import tag_of_tool


class PricesAdmin(DropsResults, SimpleHistoryAdmin, ModelAdmin):
    """An edit acts on the next quote."""

    drops = [tag_of_tool("price_calculator")]


@admin.register(Currency)
class CurrencyAdmin(PricesAdmin):
    list_display = ["code", "name", "minor_units"]


@admin.register(Product)
class ProductAdmin(PricesAdmin):
    list_display = ["sku", "name", "unit", "billing", "tier_mode", "active"]
    list_filter = ["active", "billing", "tier_mode"]
    search_fields = ["sku", "name", "description"]


@admin.register(PriceBook)
class PriceBookAdmin(PricesAdmin):
    list_display = ["name", "currency", "segment", "valid_from", "valid_until"]
    list_filter = ["currency", "segment"]
    list_select_related = ["currency"]
    search_fields = ["name"]


@admin.register(PriceTier)
class PriceTierAdmin(PricesAdmin):
    list_display = ["product", "from_quantity", "unit_price", "book"]
    list_filter = ["book", "product"]
    list_select_related = ["book", "product"]
    search_fields = ["product__sku", "book__name"]


@admin.register(DiscountLevel)
class DiscountLevelAdmin(PricesAdmin):
    list_display = ["name", "max_percent"]


@admin.register(TermDiscount)
class TermDiscountAdmin(PricesAdmin):
    list_display = ["min_months", "percent"]


@admin.register(TaxRate)
class TaxRateAdmin(PricesAdmin):
    list_display = ["region", "name", "percent", "valid_from", "valid_until"]
    list_filter = ["region"]
    search_fields = ["region", "name"]
