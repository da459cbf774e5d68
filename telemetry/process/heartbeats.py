"""When each part of the work in the background last ended well, by Postgres's clock.

The work itself beats, once it is done: a task beside it would go on beating while the work fails. Moments are
written and compared by one clock, so that no machine's makes an old beat look young.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from telemetry.models import Heartbeat

# What beats: a worker runs tasks; all rules were judged; what was due in the outbox was sent; and the address of
# HEARTBEAT_URL was asked, and answered that it had been. And a span of the canary went into the store.
WORKER, JUDGING, SENDING, OUTWARD_TRIED, OUTWARD = "worker", "judging", "sending", "outward-tried", "outward"
CANARY = "canary"

# The task of CELERY_BEAT_SCHEDULE that makes each beat.
TASKS = {WORKER: "worker-heartbeat", JUDGING: "evaluate-rules", SENDING: "send-deliveries"}
MISSED = 6
# However often it beats: a worker that died is started again and beats within so long, on a busy machine too.
LEAST_LIMIT_S = 30.0
# The canary is called by the minute, by a server.
CANARY_LIMIT_S = 240.0


@dataclass(frozen=True, slots=True)
class Beat:
    """The last one of a part: when, and how long ago, in seconds."""

    at: datetime
    age_s: float


def beat(name: str) -> None:
    """Note that *name* has just ended well. Raises ``django.db.Error``."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )


def last() -> dict[str, Beat]:
    """The last beat of each part that ever beat: one query."""
    age = ExpressionWrapper(Now() - F("seen_at"), output_field=DurationField())
    rows = Heartbeat.objects.values_list("name", "seen_at", age)
    return {name: Beat(at, max(0.0, passed.total_seconds())) for name, at, passed in rows}


def stopped(name: str, beat: Beat | None) -> bool:
    """Whether *name*, whose last *beat* this is, never began, or has stopped."""
    return beat is None or beat.age_s > limit_s(name)


def limit_s(name: str) -> float:
    """After how long without a beat *name* has stopped: six that were missed, and never less than 30 s."""
    if name == CANARY:
        return CANARY_LIMIT_S
    return max(MISSED * float(settings.CELERY_BEAT_SCHEDULE[TASKS[name]]["schedule"]), LEAST_LIMIT_S)
