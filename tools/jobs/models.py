"""A job and its items. Only ``submission``, ``runner``, ``control`` and ``deadletter`` change them."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from tools.models import ApiKey

MAX_CONCURRENT = 50
# A call that was put on the queue and not heard of for so long is put there again: the queue may have been lost.
CALL_AGAIN_AFTER = timedelta(seconds=20)


class Priority(models.TextChoices):
    """Higher ones are served first, always."""

    HIGH = "high", "High"
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class ItemState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


ACTIVE = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    def free(self, now: datetime) -> "JobQuerySet":
        """To be run, and no runner has them."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=now), state__in=ACTIVE)

    def to_call(self, now: datetime) -> "JobQuerySet":
        """Those that a runner should be called for now, and is not already."""
        uncalled = Q(called_at=None) | Q(called_at__lt=F("due_at")) | Q(called_at__lt=now - CALL_AGAIN_AFTER)
        return self.free(now).filter(uncalled, due_at__lte=now)

    def open(self) -> "JobQuerySet":
        """Those that are not over, the newest first."""
        return self.filter(state__in=(*ACTIVE, JobState.PAUSED)).order_by("-created_at", "-id")

    def over(self) -> "JobQuerySet":
        """Those that are over, the last that ended first."""
        return self.filter(state__in=(JobState.DONE, JobState.CANCELLED)).order_by("-ended_at", "-id")

    def ended_before(self, moment: datetime) -> "JobQuerySet":
        return self.over().filter(ended_at__lt=moment)


class Job(models.Model):
    """Many tool calls with one name, one caller and one priority, and how far they are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, blank=True)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    reason = models.TextField(blank=True, help_text="Why it is paused or cancelled.")
    max_concurrent = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_CONCURRENT)],
        help_text="How many of its calls may run at once.",
    )

    caller_role = models.CharField(max_length=200, blank=True)
    session_id = models.CharField(max_length=200, blank=True)
    caller_id = models.CharField(max_length=200, blank=True)
    context = models.JSONField(default=dict, blank=True)
    # Whose rights it runs with. Both empty and no name: code of ours, which needs none.
    submitter = models.CharField(max_length=200, blank=True)
    api_key = models.ForeignKey(ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    idempotency_key = models.CharField(max_length=200, blank=True)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was submitted.")

    # Counts of items, kept with every change of theirs in one transaction; the rest is waiting.
    total = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    running = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    # Who runs it: a turn is one stretch of work by one runner, who holds the job until ``leased_until``.
    turn = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    called_at = models.DateTimeField(null=True, blank=True)
    # Tools that refused (rate limit, open breaker), by name: {"since", "until"} in seconds since 1970.
    holds = models.JSONField(default=dict, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="jobs_newest"),
            models.Index(fields=["due_at"], name="jobs_to_run", condition=Q(state__in=ACTIVE)),
            models.Index(fields=["ended_at"], name="jobs_ended"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["submitter", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="jobs_submitted_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"job {str(self.id)[:8]}"

    @property
    def waiting(self) -> int:
        return max(0, self.total - self.succeeded - self.failed - self.running)

    @property
    def finished(self) -> int:
        return self.succeeded + self.failed


class ItemQuerySet(models.QuerySet["JobItem"]):
    def dead(self) -> "ItemQuerySet":
        """Dead letters: what failed after everything that is done by itself."""
        return self.filter(state=ItemState.FAILED)


class JobItem(models.Model):
    """One call of a job. A failed one is a dead letter: it may be edited and replayed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    tool = models.CharField(max_length=200)
    payload = models.JSONField()
    context = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=ItemState.choices, default=ItemState.WAITING)
    attempts = models.PositiveIntegerField(default=0, help_text="How often it was handed to the tool engine.")
    lost = models.PositiveSmallIntegerField(default=0, help_text="How often its worker ended under it.")
    tool_call_ids = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    result = models.TextField(blank=True, help_text="JSON text, cut where it is very long.")
    error_code = models.CharField(max_length=100, blank=True)
    error_layer = models.CharField(max_length=32, blank=True)
    error_message = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ItemQuerySet.as_manager()
    # Written by ``deadletter.edit`` alone: what the machinery changes is not an edit.
    history = HistoricalRecords(
        excluded_fields=["job", "position", "state", "attempts", "lost", "tool_call_ids", "result", "error_code",
                         "error_layer", "error_message", "started_at", "ended_at", "context"]
    )  # fmt: skip

    class Meta:
        ordering = ["job_id", "position"]
        verbose_name = "item"
        indexes = [
            models.Index(fields=["job", "state", "position"], name="jobs_items_by_state"),
            models.Index(fields=["job", "ended_at"], name="jobs_items_by_end"),
            models.Index(fields=["-ended_at", "-id"], name="jobs_dead", condition=Q(state=ItemState.FAILED)),
        ]
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="jobs_one_item_a_position")]

    def __str__(self) -> str:
        return f"{self.tool} #{self.position}"


class DeadLetter(JobItem):
    """The failed items, as operators look at them."""

    class Meta:
        proxy = True
        ordering = ["-ended_at", "-id"]
        verbose_name = "dead letter"
