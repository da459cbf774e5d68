"""What becomes of items whose worker ended under them. Nobody knows whether their tool ran."""

from datetime import datetime

from django.db import transaction

from telemetry.semconv import Outcome
from tools.jobs.models import ACTIVE, ItemState, Job, JobItem

FATE_UNKNOWN = "fate_unknown"
WORKER_LOST = "worker_lost"
# An item that was running when three workers ended is more likely their murderer than their victim.
MAX_LOST = 3
RECOVERED_FIELDS = ("state", "lost", "error_code", "error_layer", "error_message", "started_at", "ended_at")


def recover(job: Job, now: datetime) -> None:
    """Decide over the items of *job* that nobody runs any more; call it with the job locked and its runner gone.

    A tool marked idempotent is simply called again. Any other may have done its work, so its item becomes a dead
    letter, which an operator replays once it is known that nothing happened.
    """
    orphans = list(job.items.select_for_update().filter(state=ItemState.RUNNING))
    for item in orphans:
        item.lost += 1
        if not is_idempotent(item.tool):
            fail(item, FATE_UNKNOWN, str(Outcome.TOOL_BUG), unknown_words(item), now)
        elif item.lost >= MAX_LOST:
            fail(item, WORKER_LOST, str(Outcome.TOOL_BUG), lost_words(item), now)
        else:
            item.state, item.started_at = ItemState.WAITING, None
        job.failed += item.state == ItemState.FAILED
    JobItem.objects.bulk_update(orphans, RECOVERED_FIELDS)
    job.running -= len(orphans)


def sweep(now: datetime) -> int:
    """Decide over what dead runners left in jobs that are not taken again: paused or over ones; how many."""
    abandoned = Job.objects.filter(running__gt=0, leased_until__lt=now).exclude(state__in=ACTIVE)
    found = list(abandoned.values_list("pk", flat=True))
    for pk in found:
        with transaction.atomic():
            job = Job.objects.select_for_update().get(pk=pk)
            if job.state not in ACTIVE and job.leased_until is not None and job.leased_until < now:
                recover(job, now)
                job.leased_until = None
                job.save()
    return len(found)


def fail(item: JobItem, code: str, layer: str, message: str, now: datetime) -> None:
    """Make *item* a dead letter, without saving it."""
    item.state, item.ended_at = ItemState.FAILED, now
    item.error_code, item.error_layer, item.error_message = storable(code)[:100], layer, storable(message)


def storable(text: str) -> str:
    """*text* of a tool as Postgres takes it: without U+0000 and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def is_idempotent(tool: str) -> bool:
    from tools.running.runtime import get_executor  # seldom needed, and then so is all that it loads

    registry = get_executor().registry
    return tool in registry and registry.get(tool).idempotent


def unknown_words(item: JobItem) -> str:
    return (
        f"The worker ended while {item.tool!r} ran, and nobody knows whether it did its work: look there, then "
        "replay the item if it did not. (A tool marked idempotent is called again without asking.)"
    )


def lost_words(item: JobItem) -> str:
    return f"{MAX_LOST} workers ended while this item ran: it may be what ends them. Look at their logs first."
