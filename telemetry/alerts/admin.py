"""Rules and routes are edited here; incidents and deliveries are read here."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html_join
from django.utils.text import format_lazy
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from telemetry.alerts import wording
from telemetry.alerts.channels import config_help, secret_help
from telemetry.alerts.deliver import try_again
from telemetry.alerts.incidents import acknowledge
from telemetry.alerts.models import Delivery, Incident, IncidentEvent, Route, Rule, RuleState
from telemetry.alerts.outbox import tell_test
from telemetry.alerts.reach import Reach, reach

# Django's own ModelForm takes no type parameter; its stubs ask for one.
if TYPE_CHECKING:
    RouteModelForm = forms.ModelForm[Route]
else:
    RouteModelForm = forms.ModelForm


class ReadOnly:
    """For rows that the machinery writes: nobody adds, edits or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class StateInline(ReadOnly, TabularInline):
    model = RuleState
    hide_title = True
    verbose_name_plural = "where it stands, by tool"
    fields = ("tool", "state", "since", "judgement", "share", "total", "rate", "longest", "evaluated_at")
    readonly_fields = ("rate", "longest")
    ordering = ("tool",)

    @display(description="rate")
    def rate(self, state: RuleState) -> str:
        return "" if state.value is None else wording.percent(state.value)

    @display(description="longest call")
    def longest(self, state: RuleState) -> str:
        return wording.longest(state.longest_ms, state.rule.window_s)


class EventInline(ReadOnly, TabularInline):
    model = IncidentEvent
    hide_title = True
    verbose_name_plural = "timeline"
    fields = ("at", "text", "user")


class DeliveryInline(ReadOnly, TabularInline):
    model = Delivery
    hide_title = True
    fields = ("route_name", "kind", "status", "attempts", "sent_at", "response_status", "error")


WHICH_CALLS = ("kind", "tool", "calls", "provider", "model", "window_s", "minimum_calls")


@admin.register(Rule)
class RuleAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ("name", "enabled", "tool", "threshold", "window_s", "minimum_calls", "severity", "edited_at")
    list_filter = ("enabled", "severity")
    search_fields = ("name", "tool")
    inlines = (StateInline,)
    readonly_fields = ("tools_left_out",)
    fieldsets = (
        (None, {"fields": ("name", "enabled", "severity")}),
        ("Which calls", {"fields": (*WHICH_CALLS, "tools_left_out")}),
        ("When it fires", {"fields": ("threshold", "confident", "for_s")}),
        ("When it resolves", {"fields": ("recovery_threshold", "keep_firing_for_s")}),
    )


class RouteForm(RouteModelForm):
    """A route whose secret can be written and never read."""

    secret = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=format_lazy("{} Left blank, the stored one is kept. Never shown.", lazy(secret_help, str)()),
    )

    class Meta:
        model = Route
        fields = ("name", "kind", "config", "secret", "minimum_severity", "enabled")
        # Asked of the channels when a form is shown: most processes that load the admin send nothing.
        help_texts = {"config": lazy(config_help, str)()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("secret", None)

    def clean_secret(self) -> str:
        given: str = self.cleaned_data["secret"]
        # The stored secret belongs to its kind: a webhook's is of no use to an e-mail route.
        kept = self.instance.secret if self.cleaned_data.get("kind") == self.instance.kind else ""
        return given or kept


@admin.register(Route)
class RouteAdmin(SimpleHistoryAdmin, ModelAdmin):
    form = RouteForm
    list_display = ("name", "kind", "minimum_severity", "enabled")
    actions = ("send_test",)
    actions_submit_line = ("save_and_test",)

    @admin.action(description="Send a test message", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Route]) -> None:
        for route in queryset:
            self.test(request, route)

    @action(description="Save and send a test message", permissions=["change"])
    def save_and_test(self, request: HttpRequest, route: Route) -> None:
        self.test(request, route)

    def test(self, request: HttpRequest, route: Route) -> None:
        """Queue a test message through the outbox and say where its answer will be."""
        if not route.enabled:
            self.message_user(request, f"{route} is switched off: switch it on first.", messages.WARNING)
            return
        tell_test(route, timezone.now())
        if reach(route) is Reach.LOG:
            logged = f"The test message for {route} is written to the log only, since EMAIL_URL is not set."
            self.message_user(request, logged, messages.WARNING)
            return
        self.message_user(
            request, f"A test message for {route} is on its way; its answer appears under Deliveries."
        )


@admin.register(Incident)
class IncidentAdmin(ReadOnly, ModelAdmin):
    list_display = ("summary", "severity", "opened_at", "resolved_at", "acknowledged_by", "worst")
    list_filter = ("severity", "rule", ("resolved_at", admin.EmptyFieldListFilter))
    list_select_related = ("rule", "acknowledged_by")
    search_fields = ("tool", "summary")
    date_hierarchy = "opened_at"
    inlines = (EventInline, DeliveryInline)
    actions = ("acknowledge",)
    fields = (
        "summary",
        "rule",
        "tool",
        "severity",
        "began_at",
        "opened_at",
        "resolved_at",
        "acknowledged_at",
        "acknowledged_by",
        "worst",
        "numbers",
        "why",
        "layers",
        "providers",
    )

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("alerts.change_incident")

    @admin.action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        now = timezone.now()
        user = cast(User, request.user)  # the permission was asked of it, so it is logged in
        done = sum(acknowledge(incident, user, now) for incident in queryset)
        self.message_user(request, f"{done} incidents acknowledged." if done != 1 else "1 incident acknowledged.")

    @display(description="at worst")
    def worst(self, incident: Incident) -> str:
        return wording.percent(incident.worst_value)

    @display(description="calls when it fired")
    def numbers(self, incident: Incident) -> str:
        return wording.counts(incident.evidence)

    @display(description="likeliest cause")
    def why(self, incident: Incident) -> str:
        return wording.cause(incident.evidence)

    @display(description="failures by layer")
    def layers(self, incident: Incident) -> str:
        rows = incident.evidence["layers"]
        return format_html_join(
            "",
            "<div>{}: {} ({})</div>",
            ((row["layer"], row["failed"], wording.percent(row["share"])) for row in rows),
        )

    @display(description="failures by provider")
    def providers(self, incident: Incident) -> str:
        return format_html_join(
            "",
            "<div>{} {}: {} failed of {}</div>",
            (
                (row["provider"] or "no provider", row["model"], row["failed"], row["total"])
                for row in incident.evidence["providers"]
            ),
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "route_name",
        "kind",
        "status",
        "attempts",
        "created_at",
        "sent_at",
        "response_status",
        "error",
    )
    list_filter = ("status", "kind", "route_name")
    list_select_related = ("route",)
    actions = ("try_again",)

    def has_repeat_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("alerts.change_delivery")

    @admin.action(description="Try again", permissions=["repeat"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        now = timezone.now()
        done = sum(try_again(delivery, now) for delivery in queryset)
        self.message_user(request, f"{done} deliveries that reached nobody are queued again.")
