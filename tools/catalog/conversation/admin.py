"""The admin pages of what the stage classifier learns from. An edit acts at the next call."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from tools.catalog.conversation.models import StageCue, UtteranceExample


@admin.register(UtteranceExample)
class UtteranceExampleAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ["text", "stage", "active", "updated_at"]
    list_filter = ["stage", "active"]
    search_fields = ["text"]


@admin.register(StageCue)
class StageCueAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ["phrase", "stage", "updated_at"]
    list_filter = ["stage"]
    search_fields = ["phrase"]
