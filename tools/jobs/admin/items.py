"""Items to be read, and dead letters to be mended and replayed."""

import json
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from telemetry.redaction import redact
from tools.errors import ToolError
from tools.jobs import deadletter, drawing
from tools.jobs.admin.common import counted, link
from tools.jobs.models import DeadLetter, ItemState, JobItem
from tools.web.machine_made import MadeByMachine, ReadOnly

# Django's own ModelForm takes no type parameter; its stubs ask for one.
if TYPE_CHECKING:
    LetterModelForm = forms.ModelForm[DeadLetter]
else:
    LetterModelForm = forms.ModelForm

SHOWN_CHARS = 4_000
PAYLOADS = ("shown_payload", "shown_result")


def sees_payloads(request: HttpRequest) -> bool:
    """Whether who asks may see the arguments and results of calls, on these pages as elsewhere."""
    return request.user.has_perm("telemetry.view_spanpayload")


def without(names: tuple[str, ...], *left_out: str) -> tuple[str, ...]:
    return tuple(name for name in names if name not in left_out)


class ItemPage(ModelAdmin):
    """What the pages of items and of dead letters share."""

    list_select_related = ("job",)
    search_fields = ("job__name", "job__id", "tool", "error_message", "tool_call_ids")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "job__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="of job")
    def shown_job(self, item: JobItem) -> SafeString:
        return link(reverse("admin:jobs_job_change", args=[item.job_id]), str(item.job))

    @display(description="payload")
    def shown_payload(self, item: JobItem) -> str:
        return drawing.short(redact(json.dumps(item.payload, ensure_ascii=False)))

    @display(description="result")
    def shown_result(self, item: JobItem) -> str:
        return redact(item.result)[:SHOWN_CHARS] or "–"

    @display(description="why")
    def shown_error(self, item: JobItem) -> str:
        return redact(item.error_message) or "–"

    @display(description="why", ordering="error_message")
    def short_error(self, item: JobItem) -> str:
        return drawing.short(redact(item.error_message))


@admin.register(JobItem)
class ItemAdmin(ReadOnly, ItemPage):
    """Every item, to be read."""

    list_display = ("position", "shown_job", "tool", "state", "shown_payload", "short_error", "ended_at")
    list_filter = ("state", "tool")
    fields = ("shown_job", "position", "tool", "state", "shown_payload", "shown_result", "error_code",
              "error_layer", "shown_error", "attempts", "lost", "tool_call_ids", "started_at",
              "ended_at")  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if sees_payloads(request) else without(self.fields, *PAYLOADS)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_display if sees_payloads(request) else without(self.list_display, *PAYLOADS)


class Indented(json.JSONEncoder):
    """JSON as a person edits it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2})


class LetterForm(LetterModelForm):
    """A payload that its tool would take."""

    payload = forms.JSONField(
        encoder=Indented,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "spellcheck": "false", "class": "font-mono"}),
        help_text="Checked against the tool's schema when it is saved.",
    )

    class Meta:
        model = DeadLetter
        fields = ("payload",)

    def clean_payload(self) -> Any:
        payload = self.cleaned_data["payload"]
        try:
            deadletter.check_payload(self.instance.tool, payload)
        except ToolError as error:
            raise ValidationError(error.detail) from None
        return payload


@admin.register(DeadLetter)
class DeadLetterAdmin(MadeByMachine, ItemPage):
    form = LetterForm
    list_display = ("shown_letter", "shown_job", "error_code", "short_error", "attempts", "ended_at")
    list_filter = ("tool", "error_code", "error_layer")
    actions = ("replay",)
    ordering = ("-ended_at", "-id")
    actions_submit_line = ("save_and_replay",)
    readonly_fields = ("shown_job", "position", "tool", "error_code", "error_layer", "shown_error", "attempts",
                       "tool_call_ids", "started_at", "ended_at", "edits")  # fmt: skip
    fieldsets = (
        (None, {"fields": ("payload",)}),
        ("Why it failed", {"fields": ("error_code", "error_layer", "shown_error", "attempts", "tool_call_ids")}),
        ("What it is", {"fields": ("tool", "shown_job", "position", "started_at", "ended_at", "edits")}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who mends a payload has to see it."""
        return sees_payloads(request) and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if sees_payloads(request):
            return self.fieldsets
        why, (title, about) = self.fieldsets[1:]
        return (why, (title, {"fields": without(about["fields"], "edits")}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[JobItem]:
        letters: QuerySet[JobItem] = super().get_queryset(request)
        return letters.filter(state=ItemState.FAILED)

    @display(description="dead letter", ordering="tool")
    def shown_letter(self, letter: DeadLetter) -> str:
        return str(letter)

    @display(description="edits")
    def edits(self, letter: DeadLetter) -> SafeString | str:
        """Who gave it which payload, newest first."""
        rows = letter.history.order_by("-history_date", "-history_id")
        lines = [
            (
                f"{row.history_date:%F %T}",
                row.history_change_reason,
                drawing.short(redact(json.dumps(row.payload))),
            )
            for row in rows
        ]
        return format_html_join("", "<div>{}: {} <code>{}</code></div>", lines) or "never edited"

    def save_model(self, request: HttpRequest, obj: DeadLetter, form: Any, change: bool) -> None:
        user = cast(User, request.user)  # the permission was asked of it, so it is logged in
        deadletter.edit(obj, form.cleaned_data["payload"], by=user.get_username(), user=user)
        # As unfold's own save_model does, which would also save the rest of a row that may have moved on.
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    @action(description="Save and replay", permissions=["change"])
    def save_and_replay(self, request: HttpRequest, letter: DeadLetter) -> None:
        self._replay(request, [letter.pk])

    @admin.action(description="Replay", permissions=["change"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        self._replay(request, list(queryset.values_list("pk", flat=True)))

    def _replay(self, request: HttpRequest, ids: list[int]) -> None:
        try:
            replayed = deadletter.replay(ids)
        except ToolError as error:
            self.message_user(request, error.detail, messages.WARNING)
        else:
            self.message_user(request, f"{counted(replayed, 'dead letter')} will run again.", messages.SUCCESS)
