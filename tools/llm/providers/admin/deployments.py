"""Deployments in the admin."""

import os
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from tools.llm.providers.admin.forms import DeploymentForm
from tools.llm.providers.admin.models import shown_end, warn
from tools.llm.providers.admin.refreshing import refresh_after_commit
from tools.llm.providers.keys import is_stored, key_of
from tools.llm.providers.models import Deployment

SECRET = ("key", "forget_key")
MOST_TRIED = 5  # at once: each may take a while


@admin.register(Deployment)
class DeploymentAdmin(SimpleHistoryAdmin, ModelAdmin):
    form = DeploymentForm
    list_display = ("name", "model", "shown_key", "enabled", "ends", "budget", "in_routes")
    list_filter = ("enabled", "model__provider")
    search_fields = ("name", "model__name", "base_url")
    list_select_related = ("model",)
    autocomplete_fields = ("model",)
    actions = ("try_now",)
    actions_submit_line = ("save_and_try",)

    def get_fieldsets(self, request: HttpRequest, obj: Deployment | None = None) -> Any:
        """Without the key for those who may only look: a field that is read is shown as it is."""
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        key = (*SECRET, "key_variable") if may_write else ("key_variable",)
        return (
            (None, {"fields": ("name", "model", "base_url", "enabled")}),
            (
                "Key",
                {"fields": key, "description": "Stored here, or in a variable; servers of one's own need none."},
            ),
            ("Patience", {"fields": ("timeout_s", "first_token_timeout_s")}),
            ("Budget", {"fields": ("budget_usd", "budget_tokens")}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deployment]:
        deployments: QuerySet[Deployment] = super().get_queryset(request)
        return deployments.prefetch_related("routes")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        found = Deployment.objects.select_related("model").defer("key")
        warn(request, [(str(model), model.ending) for model in {one.model: one.model for one in found}])
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Deployment | None:
        found: Deployment | None = super().get_object(request, object_id, from_field)
        if found is not None:
            warn(request, [(str(found.model), found.model.ending)])
        return found

    def save_model(self, request: HttpRequest, obj: Deployment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        refresh_after_commit()

    def delete_model(self, request: HttpRequest, obj: Deployment) -> None:
        super().delete_model(request, obj)
        refresh_after_commit()

    @admin.action(description="Test: ask them for one word", permissions=["change"])
    def try_now(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> None:
        for deployment in queryset.select_related("model")[:MOST_TRIED]:
            self._try(request, deployment)

    @action(description="Save and test", permissions=["change"])
    def save_and_try(self, request: HttpRequest, deployment: Deployment) -> None:
        # A model takes its time: no transaction waits for it.
        transaction.on_commit(lambda: self._try(request, deployment))

    def _try(self, request: HttpRequest, deployment: Deployment) -> None:
        # Loaded with the first test: most servers' admin asks no model.
        from tools.llm.providers.admin.trying import tried

        done = tried(deployment)
        self.message_user(request, done.said, messages.SUCCESS if done.worked else messages.ERROR)

    @display(description="key", label={"stored": "success", "set": "success", "missing": "danger"})
    def shown_key(self, deployment: Deployment) -> Any:
        """Where it is; nothing of it."""
        _, lacks = key_of(deployment, os.environ)
        if not deployment.key_variable and not is_stored(deployment):
            return "–"
        if lacks:
            return "missing", f"{deployment.key_variable or 'key'} is missing"
        return ("set", deployment.key_variable) if deployment.key_variable else ("stored", "stored")

    @display(description="model's end", label={"over": "danger", "near": "warning", "announced": "info"})
    def ends(self, deployment: Deployment) -> Any:
        return shown_end(deployment.model)

    @display(description="budget a day")
    def budget(self, deployment: Deployment) -> str:
        usd, tokens = deployment.budget_usd, deployment.budget_tokens
        told = ([f"${usd.normalize():f}"] if usd else []) + ([f"{tokens:,} tokens"] if tokens else [])
        return ", ".join(told) or "–"

    @display(description="routes")
    def in_routes(self, deployment: Deployment) -> str:
        return ", ".join(sorted(route.name for route in deployment.routes.all())) or "–"
