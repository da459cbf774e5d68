"""Admins change tools and make API keys here; each edit keeps who, when, before and after."""

from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.core.validators import EMPTY_VALUES
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from tools import cache
from tools.breakers import admin as breaker_admin
from tools.breakers.admin import BreakerActions
from tools.cache.admin import cache_urls
from tools.decisions import live
from tools.decisions.keys import make_plain, revoke_key, store_key
from tools.decisions.rows import ensure_rows, reset_to_code
from tools.definition.editable import BY_NAME, in_words, sections
from tools.definition.policy import ToolPolicy
from tools.definition.tool import ToolDefinition
from tools.llm.prompts.admin.describing import page_of
from tools.models import ApiKey, Scope, Tool
from tools.quotas.admin import KeyList
from tools.running.runtime import get_executor
from tools.state.base import tag_of_tool

# Django's own ModelForm takes no type parameter; its stubs ask for one.
if TYPE_CHECKING:
    ToolModelForm = forms.ModelForm[Tool]
    KeyModelForm = forms.ModelForm[ApiKey]
else:
    ToolModelForm = KeyModelForm = forms.ModelForm

EDITABLE = tuple(BY_NAME)


def definition_of(tool: Tool) -> ToolDefinition[..., Any] | None:
    """The tool in code; None for a row whose tool is no longer there."""
    registry = get_executor().registry
    return registry.get(tool.name) if tool.name in registry else None


class ToolForm(ToolModelForm):
    """Beside each field stands what the code says; a field left empty follows it."""

    enabled = forms.TypedChoiceField(
        required=False,
        choices=[("", "As in code"), ("True", "On"), ("False", "Off")],
        coerce=lambda text: text == "True",
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = Tool
        fields = EDITABLE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        definition = definition_of(self.instance)
        if definition is None:
            return
        for name in EDITABLE:
            field = self.fields[name]
            field.help_text = f"{field.help_text} In code: {in_words(definition.policy, name)}".strip()

    def clean_hedge_after_s(self) -> float | None:
        """Refuses to hedge what is not said to be idempotent."""
        seconds: float | None = self.cleaned_data["hedge_after_s"]
        definition = definition_of(self.instance)
        if seconds and definition is not None and not definition.idempotent:
            raise forms.ValidationError(
                "Only a tool whose code says idempotent=True may be hedged: leave this empty."
            )
        return seconds

    def clean_roles(self) -> list[str] | None:
        """Nothing is "as in code", not "nobody's role is asked for"."""
        roles = [role.strip() for role in self.cleaned_data["roles"] or [] if role.strip()]
        return roles or None


@admin.register(Tool)
class ToolAdmin(BreakerActions, SimpleHistoryAdmin, ModelAdmin):
    form = ToolForm
    list_display = ("name", "shown_enabled", "shown_roles", "shown_timeout", "shown_retries", "shown_rate",
                    "shown_cache", "shown_breaker", "changed")  # fmt: skip
    search_fields = ("name",)
    readonly_fields = ("name", "updated_at", "told_to_models")
    fieldsets = (
        (None, {"fields": ("name", "updated_at", "told_to_models")}),
        *((title, {"fields": tuple(names)}) for title, names in sections()),
    )
    actions = ("reset", *breaker_admin.ACTIONS)

    def get_urls(self) -> list[Any]:
        return [*cache_urls(self.admin_site), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a tool is made in code

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # an edit is undone by "reset to code default"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        ensure_rows(get_executor().registry)
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Tool, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(live.refresh)
        if any(name.startswith("cache_") for name in form.changed_data):
            transaction.on_commit(lambda: async_to_sync(cache.drop_tags)(tag_of_tool(obj.name)))

    @admin.action(description="Reset to code default", permissions=["change"])
    def reset(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        for tool in queryset:
            reset_to_code(tool)
        transaction.on_commit(live.refresh)
        self.message_user(request, "The chosen tools follow their code again.", messages.SUCCESS)

    @display(description="told to models")
    def told_to_models(self, tool: Tool) -> str:
        """The way to the prompt that describes it, or to the form that makes one."""
        page, is_there = page_of(tool.name)
        words = "by a prompt, with versions: see it" if is_there else "describe it by a prompt"
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', page, words)

    @display(description="state", label={"on": "success", "off": "danger"})
    def shown_enabled(self, tool: Tool) -> str:
        return self._now(tool, "enabled")

    @display(description="roles")
    def shown_roles(self, tool: Tool) -> str:
        return self._now(tool, "roles")

    @display(description="timeout")
    def shown_timeout(self, tool: Tool) -> str:
        return self._now(tool, "timeout_s")

    @display(description="retries")
    def shown_retries(self, tool: Tool) -> str:
        return self._now(tool, "retries")

    @display(description="rate")
    def shown_rate(self, tool: Tool) -> str:
        return self._now(tool, "rate")

    @display(description="cache")
    def shown_cache(self, tool: Tool) -> str:
        return self._now(tool, "cache_ttl_s")

    @display(description="changed here")
    def changed(self, tool: Tool) -> str:
        """The fields that differ from code, each with what the code says."""
        definition = definition_of(tool)
        if definition is None:
            return "no such tool in code"
        words = [self._changed(definition.policy, name) for name in tool.edits()]
        return ", ".join(words) or "–"

    def _changed(self, policy: ToolPolicy, name: str) -> str:
        label = BY_NAME[name].label
        return label if name == "description" else f"{label} (code: {in_words(policy, name)})"

    def _now(self, tool: Tool, name: str) -> str:
        definition = definition_of(tool)
        if definition is None:
            return "–"
        return in_words(live.edited(definition.policy, tool.edits()), name)


class ApiKeyForm(KeyModelForm):
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        initial=[Scope.EXECUTE, Scope.READ],
        help_text="What the key is good for. Health and metrics are open to every key.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "default_role", "roles", "any_role", "services", "quota_day", "quota_month",
                  "models_usd_day", "models_tokens_day", "expires_at")  # fmt: skip

    def clean_roles(self) -> list[str]:
        return [role.strip() for role in self.cleaned_data["roles"] or [] if role.strip() not in EMPTY_VALUES]

    def clean_services(self) -> list[str]:
        """Refuses a list that would bind nothing, for a key that sends no spans."""
        named = [name.strip() for name in self.cleaned_data["services"] or [] if name.strip()]
        if named and Scope.INGEST not in self.cleaned_data.get("scopes", ()):
            raise forms.ValidationError(f"Only a key with the scope {Scope.INGEST} sends spans: leave this empty.")
        return named


@admin.register(ApiKey)
class ApiKeyAdmin(SimpleHistoryAdmin, ModelAdmin):
    form = ApiKeyForm
    list_display = (
        "name",
        "prefix",
        "state",
        "scopes",
        "shown_roles",
        "shown_quota",
        "created_at",
        "last_used_at",
        "expires_at",
    )
    readonly_fields = ("prefix", "created_at", "last_used_at", "revoked_at")
    search_fields = ("name", "prefix")
    actions = ("revoke",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # a key is revoked: who used it stays known

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeyList]:
        return KeyList

    @display(description="roles")
    def shown_roles(self, key: ApiKey) -> str:
        """Its own first."""
        return "any" if key.any_role else ", ".join(dict.fromkeys([key.default_role or "–", *key.roles]))

    @display(description="quota used")
    def shown_quota(self, key: Any) -> str:
        return str(key.usage.in_words())

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return ApiKeyForm.Meta.fields if obj is None else (*ApiKeyForm.Meta.fields, *self.readonly_fields)

    def save_model(self, request: Any, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            transaction.on_commit(live.refresh)
        else:
            request.made_key = make_plain()  # for response_add, and nowhere else
            store_key(obj, request.made_key)

    def response_add(self, request: Any, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The one page that shows the key."""
        context = {**self.admin_site.each_context(request), "title": "Copy the new key now", "key": obj,
                   "plain": request.made_key, "opts": self.opts}  # fmt: skip
        response = TemplateResponse(request, "admin/tools/apikey/made.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            revoke_key(key)
        self.message_user(request, "The chosen keys open nothing any more.", messages.SUCCESS)

    @display(description="state", label={"works": "success", "revoked": "danger", "expired": "warning"})
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "revoked"
        return "expired" if key.expires_at and key.expires_at <= timezone.now() else "works"
