"""The reads behind the pages of choice, all out of the log of decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, DurationField, F, FloatField, Max, Q, QuerySet, Sum
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Extract, Floor

from dashboard.addresses.periods import Window
from tools.selection.models import LoggedDecision
from tools.selection.replay.walk import Logged

MOST_GROUPS = 50
# The newest of the period; a walk through more takes longer than one waits for a page.
MOST_REPLAYED = 3_000
# In the order of Came's fields.
CAME = ("chosen", "told", "good", "unknown", "rewards", "latency", "newest")


@dataclass(frozen=True, slots=True)
class Came:
    """What the choices of one member came to. Those that nobody told of in time are ``unknown``."""

    chosen: int = 0
    told: int = 0
    good: int = 0
    unknown: int = 0
    rewards: float = 0.0
    latency_ms: float | None = None
    newest: datetime | None = None

    @property
    def waiting(self) -> int:
        return self.chosen - self.told - self.unknown

    @property
    def mean(self) -> float | None:
        """The mean reward; None without feedback."""
        return self.rewards / self.told if self.told else None


def decisions(window: Window) -> "QuerySet[LoggedDecision]":
    return LoggedDecision.objects.filter(decided_at__gte=window.start, decided_at__lt=window.end)


def overdue(now: datetime) -> Q:
    """Nobody told of it, and nobody is expected to any more."""
    waited = ExpressionWrapper(F("feedback_within_s") * timedelta(seconds=1), output_field=DurationField())
    return Q(told_at=None) & Q(decided_at__lt=now - waited)


def came_to(window: Window, only: str = "") -> dict[str, dict[str, Came]]:
    """By group and member; of the group *only*, if one is named. One query."""
    found = decisions(window).filter(**({"group": only} if only else {}))
    rows = (
        found.values("group", "member")
        .annotate(
            chosen=Count("pk"),
            told=Count("pk", Q(told_at__isnull=False)),
            good=Count("pk", Q(success=True)),
            unknown=Count("pk", overdue(window.now)),
            rewards=Sum("reward", default=0.0),
            latency=Avg("latency_ms"),
            newest=Max("decided_at"),
        )
        .order_by("group", "member")
        .values_list("group", "member", *CAME)
    )
    groups: dict[str, dict[str, Came]] = {}
    for group, member, *came in rows:
        groups.setdefault(group, {})[member] = Came(*came)
    return groups


def over_time(window: Window, group: str, step_s: int) -> Mapping[tuple[int, str], int]:
    """By bar (counted from the start) and member: how often it was chosen. One query."""
    since = Extract(F("decided_at") - window.start, "epoch", output_field=FloatField())
    rows = (
        decisions(window)
        .filter(group=group)
        .annotate(bar=Floor(since / step_s))
        .values_list("bar", "member")
        .annotate(chosen=Count("pk"))
    )
    return {(int(bar), member): chosen for bar, member, chosen in rows}


def last(group: str, most: int) -> list[LoggedDecision]:
    """The newest decisions of *group*, whenever they were made. One query."""
    return list(LoggedDecision.objects.filter(group=group).order_by("-decided_at")[:most])


def logged(window: Window, group: str) -> tuple[list[Logged], int]:
    """The newest of the period with a reward, as replay takes them, and how many are unknown. Two queries."""
    found = decisions(window).filter(group=group)
    rows = found.filter(told_at__isnull=False).order_by("-decided_at")[:MOST_REPLAYED]
    fields = ("member", "probabilities", "reward", "decided_at", "told_at", "features", "left_out")
    told = [
        Logged(member, shares, reward, decided.timestamp(), told_at.timestamp(), tuple(features), frozenset(out))
        for member, shares, reward, decided, told_at, features, out in rows.values_list(*fields)
    ]
    oldest = min((each.decided_at for each in told), default=0.0)
    unknown = found.filter(overdue(window.now), decided_at__gte=datetime.fromtimestamp(oldest, window.now.tzinfo))
    return told, unknown.count()
