"""What models can do, in the admin."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.decorators import display

from tools.llm.providers.admin.refreshing import refresh_after_commit
from tools.llm.providers.endings import warnings
from tools.llm.providers.models import Model

# Django's own ModelForm takes no type parameter; its stubs ask for one.
if TYPE_CHECKING:
    CapabilitiesModelForm = forms.ModelForm[Model]
else:
    CapabilitiesModelForm = forms.ModelForm
CALLS = ("tools", "forced_tool_choice", "parallel_calls", "signed_calls")
TAKES = ("sampling", "efforts", "vision", "completion_tokens", "context_tokens", "max_output_tokens")


class CapabilitiesForm(CapabilitiesModelForm):
    class Meta:
        model = Model
        fields = "__all__"

    def clean_efforts(self) -> list[str]:
        return [effort.strip() for effort in self.cleaned_data["efforts"] or [] if effort.strip()]


@admin.register(Model)
class CapabilitiesAdmin(SimpleHistoryAdmin, ModelAdmin):
    form = CapabilitiesForm
    list_display = ("name", "provider", "api", "ends", "successor", "context_tokens", "vision", "checked_on")
    list_filter = ("provider", "api", ("shutdown_on", admin.EmptyFieldListFilter))
    search_fields = ("name", "provider")
    fieldsets = (
        (None, {"fields": ("provider", "name", "api")}),
        ("Calls of tools", {"fields": CALLS}),
        ("What it takes and writes", {"fields": TAKES}),
        ("Its end", {"fields": ("shutdown_on", "successor")}),
        ("Where this stands", {"fields": ("source", "checked_on")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        used = Model.objects.filter(deployments__isnull=False).distinct()
        warn(request, [(str(model), model.ending) for model in used])
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        found: Model | None = super().get_object(request, object_id, from_field)
        if found is not None:
            warn(request, [(str(found), found.ending)])
        return found

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        refresh_after_commit()

    @display(description="end", label={"over": "danger", "near": "warning", "announced": "info"})
    def ends(self, model: Model) -> Any:
        return shown_end(model)


def shown_end(model: Model) -> Any:
    """Which kind of end a label shows, and its day."""
    ending, today = model.ending, timezone.localdate()
    if ending.on is None:
        return "–"
    if not ending.is_near(today):
        return "announced", ending.in_words(today)
    return ("near" if ending.on > today else "over"), ending.in_words(today)


def warn(request: HttpRequest, endings: list[Any]) -> None:
    """Say at the top of the page which of *endings* are near or over."""
    if request.method == "GET":
        for said in warnings(endings, timezone.localdate()):
            messages.warning(request, said)
