"""What an admin sees of breakers in the list of tools, and does to them there."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from tools import breakers
from tools.breakers import Action
from tools.models import Tool
from tools.running.runtime import get_executor

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin as Base
else:
    Base = object

LABELS = {
    "closed": "success",
    "half_open": "warning",
    "open": "danger",
    "held_open": "danger",
    "held_closed": "warning",
}
ACTIONS = ("hold_open", "hold_closed", "let_go", "open_now", "close_now")


class BreakerActions(Base):
    """For the admin of ``Tool``. Each action acts in all processes, and the tool's history keeps who did it."""

    def has_hold_breaker_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tools.hold_breaker")

    @admin.action(description="Hold breaker open", permissions=["hold_breaker"])
    def hold_open(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        self._act(request, queryset, Action.HOLD_OPEN, "Calls of the chosen tools are refused.")

    @admin.action(description="Hold breaker closed", permissions=["hold_breaker"])
    def hold_closed(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        self._act(request, queryset, Action.HOLD_CLOSED, "The chosen tools are called, however they fail.")

    @admin.action(description="Let the breaker decide", permissions=["hold_breaker"])
    def let_go(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        self._act(request, queryset, Action.AUTO, "The chosen breakers go by what they count again.")

    @admin.action(description="Open breaker now", permissions=["hold_breaker"])
    def open_now(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        self._act(request, queryset, Action.OPEN, "The chosen tools rest now, and are probed after that.")

    @admin.action(description="Close breaker now", permissions=["hold_breaker"])
    def close_now(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        self._act(request, queryset, Action.CLOSE, "The chosen tools are called again.")

    @display(description="breaker", label=LABELS)
    def shown_breaker(self, tool: Tool) -> Any:
        registry = get_executor().registry
        if tool.name not in registry:
            return "–"
        status = breakers.status_of(registry.get(tool.name))
        return status.state.value, status.words

    def _act(self, request: HttpRequest, chosen: QuerySet[Tool], action: Action, done: str) -> None:
        registry = get_executor().registry
        for tool in chosen:
            if tool.name in registry:
                breakers.act(tool.name, action)
        self.message_user(request, done, messages.SUCCESS)
