"""Saved views of everybody: an administrator may share, rename and delete them."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from dashboard.models import SavedView


@admin.register(SavedView)
class SavedViewAdmin(ModelAdmin):
    list_display = ("name", "owner", "shared", "period", "query", "created_at")
    list_filter = ("shared", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "query")
    readonly_fields = ("created_at",)
