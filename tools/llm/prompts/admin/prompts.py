"""The list of prompts, and a prompt's page: its labels and its versions."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.decorators import display

from tools.llm.prompts.admin.pages import prompt_urls
from tools.llm.prompts.admin.shown import overview
from tools.llm.prompts.models import PRODUCTION, STAGING, Label, Prompt


@admin.register(Prompt)
class PromptAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ("name", "purpose", "production", "staging", "others")
    search_fields = ("name", "purpose")
    fields = ("name", "purpose")
    change_form_template = "admin/prompts/prompt.html"

    def get_urls(self) -> list[URLPattern]:
        return [*prompt_urls(self.admin_site), *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # spans tell of its versions

    def get_readonly_fields(self, request: HttpRequest, obj: Prompt | None = None) -> tuple[str, ...]:
        return ("name",) if obj else ()  # code asks for it by its name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prompt]:
        prompts: QuerySet[Prompt] = super().get_queryset(request)
        return prompts.prefetch_related(Prefetch("labels", Label.objects.select_related("version")))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        prompt = self.get_object(request, unquote(object_id))
        if prompt is not None and self.has_view_permission(request, prompt):
            extra_context = {**(extra_context or {}), **overview(request, prompt)}
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        return answer

    def response_post_save_add(self, request: HttpRequest, obj: Prompt) -> HttpResponse:
        """On to its first version: a prompt without one says nothing."""
        return HttpResponseRedirect(reverse("admin:prompts_prompt_new", args=[obj.pk]))

    @display(description="production", label={"–": "warning"})
    def production(self, prompt: Prompt) -> str:
        return at(prompt, PRODUCTION)

    @display(description="staging")
    def staging(self, prompt: Prompt) -> str:
        return at(prompt, STAGING)

    @display(description="other labels")
    def others(self, prompt: Prompt) -> str:
        named = [label for label in prompt.labels.all() if label.name not in (PRODUCTION, STAGING)]
        return ", ".join(f"{label.name}: {number_of(label)}" for label in named) or "–"


def at(prompt: Prompt, name: str) -> str:
    return next((number_of(label) for label in prompt.labels.all() if label.name == name), "–")


def number_of(label: Label) -> str:
    return f"version {label.version.number}" if label.version else "–"
