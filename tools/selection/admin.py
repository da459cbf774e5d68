"""Groups of what can stand for each other are edited here; what was decided is read on the page of choice."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from tools.selection.models import SelectionGroup


@admin.register(SelectionGroup)
class SelectionGroupAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = (
        "name",
        "kind",
        "members",
        "policy",
        "epsilon",
        "half_life_h",
        "latency_weight",
        "cost_weight",
        "edited_at",
    )
    list_filter = ("kind", "policy")
    search_fields = ("name", "members")
    fieldsets = (
        (None, {"fields": ("name", "kind", "members")}),
        ("How one is chosen", {"fields": ("policy", "epsilon", "half_life_h")}),
        ("What a success is worth", {"fields": ("latency_weight", "cost_weight", "feedback_within_s")}),
    )
