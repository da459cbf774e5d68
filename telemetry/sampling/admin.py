"""Sampling rules are edited here."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from telemetry.sampling.models import WORDS, SamplingRule


@admin.register(SamplingRule)
class SamplingRuleAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = (
        "name",
        "position",
        "enabled",
        "keep_one_in",
        "keep_payloads_of_one_in",
        "slow_ms",
        "edited_at",
    )
    list_filter = ("enabled",)
    search_fields = ("name", *WORDS)
    fieldsets = (
        (None, {"fields": ("name", "position", "enabled")}),
        ("Which traces", {"fields": WORDS}),
        (
            "What is kept of them when all went well",
            {"fields": ("keep_one_in", "keep_payloads_of_one_in", "slow_ms")},
        ),
    )
