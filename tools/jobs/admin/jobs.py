"""Jobs: how far they are, and the actions that steer them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from tools.errors import ToolError
from tools.jobs import control, deadletter, drawing, progress
from tools.jobs.admin.common import counted, link
from tools.jobs.models import Job
from tools.web.machine_made import ReadOnly


@admin.register(Job)
class JobAdmin(ReadOnly, ModelAdmin):
    list_display = ("shown_name", "shown_state", "priority", "shown_progress", "submitter", "created_at")
    list_filter = ("state", "priority")
    search_fields = ("name", "id", "submitter")
    actions = ("pause", "resume", "cancel", "replay")
    fieldsets = (
        (None, {"fields": ("shown_name", "shown_state", "reason", "shown_progress", "speed", "links")}),
        ("Whose", {"fields": ("submitter", "caller_role", "session_id", "caller_id", "context")}),
        ("How", {"fields": ("priority", "max_concurrent", "idempotency_key", "id")}),
        ("When", {"fields": ("created_at", "started_at", "ended_at", "turn", "due_at")}),
    )

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")

    @admin.action(description="Pause", permissions=["control"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, lambda job: control.pause(job, f"paused by {request.user}"), "paused")

    @admin.action(description="Resume", permissions=["control"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, control.resume, "resumed")

    @admin.action(description="Cancel for good", permissions=["control"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, lambda job: control.cancel(job, f"cancelled by {request.user}"), "cancelled")

    @admin.action(description="Replay what failed", permissions=["control"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        self._each(request, queryset, deadletter.replay_job, "started again where something had failed")

    def _each(self, request: HttpRequest, jobs: QuerySet[Job], act: Callable[[Job], Any], done: str) -> None:
        """Act on each job; one that cannot be is said, and does not keep the others from it."""
        acted = 0
        for job in jobs:
            try:
                act(job)
                acted += 1
            except ToolError as error:
                self.message_user(request, f"{job}: {error.detail}", messages.WARNING)
        if acted:
            self.message_user(request, f"{counted(acted, 'job')} {done}.", messages.SUCCESS)

    @display(description="job", ordering="name")
    def shown_name(self, job: Job) -> str:
        return str(job)

    @display(
        description="state",
        ordering="state",
        label={
            "Running": "info",
            "Queued": "info",
            "Paused": "warning",
            "Done": "success",
            "Cancelled": "danger",
        },
    )
    def shown_state(self, job: Job) -> str:
        return job.get_state_display()

    @display(description="progress")
    def shown_progress(self, job: Job) -> SafeString:
        return drawing.bar(job)

    @display(description="speed")
    def speed(self, job: Job) -> str:
        return drawing.speed(progress.in_detail(job, timezone.now()))

    @display(description="items")
    def links(self, job: Job) -> SafeString:
        items = f"{reverse('admin:jobs_jobitem_changelist')}?job__id__exact={job.pk}"
        letters = f"{reverse('admin:jobs_deadletter_changelist')}?job__id__exact={job.pk}"
        return format_html(
            "{} · {}",
            link(items, f"All {counted(job.total, 'item')}"),
            link(letters, counted(job.failed, "dead letter")),
        )
