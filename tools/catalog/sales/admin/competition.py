"""Vendors with their prices, features, points and sources on one page."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline

from tools.cache.editing import DropsResults
from tools.catalog.sales.models import Feature, Plan, Point, Source, Vendor, VendorFeature
from tools.state.base import tag_of_tool


class _Part(TabularInline):
    extra = 0
    tab = True
    show_change_link = True

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The choices are read once for all rows, not once a row; of the sources, only this vendor's."""
        if db_field.name == "source" and request.resolver_match:
            kwargs["queryset"] = Source.objects.filter(vendor=request.resolver_match.kwargs.get("object_id"))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name in ("feature", "source"):
            field.choices = list(field.choices)
        return field


class PlanInline(_Part):
    model = Plan


class VendorFeatureInline(_Part):
    model = VendorFeature


class PointInline(_Part):
    model = Point


class SourceInline(_Part):
    model = Source


class CompetitionAdmin(DropsResults, SimpleHistoryAdmin, ModelAdmin):
    """An edit acts on the next comparison."""

    drops = [tag_of_tool("competitor_analysis")]


@admin.register(Vendor)
class VendorAdmin(CompetitionAdmin):
    list_display = ["name", "product", "target_segment", "market_share_pct", "reviewed_on", "is_us"]
    list_filter = ["is_us", "market_year"]
    search_fields = ["name", "product", "aliases", "description"]
    inlines = [PlanInline, VendorFeatureInline, PointInline, SourceInline]


@admin.register(Feature)
class FeatureAdmin(CompetitionAdmin):
    list_display = ["name", "key", "category"]
    list_filter = ["category"]
    search_fields = ["name", "key"]


# Their own pages show the history of each row; the vendor's page edits them together.
@admin.register(Plan, VendorFeature, Point, Source)
class PartAdmin(CompetitionAdmin):
    list_display = ["vendor", "__str__"]
    list_filter = ["vendor"]
    list_select_related = ["vendor"]
    search_fields = ["vendor__name"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not on the index: the vendor's page links here."""
        return False
