"""Admin pages of outreach: campaigns and opt-outs are edited, with history; messages are a record."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from tools.catalog.outreach.models import Campaign, OptOut, SmsMessage


@admin.register(Campaign)
class CampaignAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ["name", "description", "open", "created_at"]
    list_filter = ["open"]
    search_fields = ["name", "description"]


@admin.register(OptOut)
class OptOutAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ["phone_number", "reason", "created_at"]
    search_fields = ["phone_number", "reason"]


@admin.register(SmsMessage)
class SmsMessageAdmin(ModelAdmin):
    """What went out cannot be changed afterwards."""

    list_display = ["created_at", "phone_number", "campaign", "state", "gateway_status", "segments"]
    list_filter = ["state", "gateway_status", "campaign"]
    list_select_related = ["campaign"]
    search_fields = ["phone_number", "body", "tool_call_id", "gateway_sid"]
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
