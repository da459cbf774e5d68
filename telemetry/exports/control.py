"""What is done to an export, each step one short transaction: ask, take, go on, end, cancel, expire.

A message on the queue is only a hint that somebody should look: the truth is in the rows. One export runs at a
time, whatever the number of workers, so that exports together never cost more than one reader.
"""

import logging
from datetime import datetime

from celery import current_app
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from telemetry.exports import files
from telemetry.exports.limits import KEPT_FOR, LISTED_FOR, MAX_ATTEMPTS, MAX_OPEN
from telemetry.exports.models import Export, State

logger = logging.getLogger(__name__)

QUEUE = "exports"
# By its name, as it waits in the broker: tasks know of control, and not the other way round.
RUN_NEXT = "telemetry.exports.tasks.run_next"
# Unread for so long, a hint has been given again.
MESSAGE_EXPIRES_S = 30
# One transaction at a time decides which export is next (an arbitrary number, ours among advisory locks).
LOCK_KEY = 7_305_203


class TooMany(Exception):
    """Somebody waits for enough exports already; the message says so."""


def submit(export: Export, user: AbstractBaseUser, now: datetime) -> Export:
    """Have *export* written in the background. Raises TooMany."""
    if Export.objects.open().filter(created_by=user.pk).count() >= MAX_OPEN:
        raise TooMany(f"{MAX_OPEN} of your exports wait or run: wait for one of them, or cancel one.")
    export.created_by_id, export.created_at = user.pk, now
    export.save(force_insert=True)
    transaction.on_commit(call_runner)
    return export


def call_runner() -> bool:
    """Put a message on the queue; False while the broker is away, which ``call_due`` makes up for."""
    try:
        current_app.send_task(RUN_NEXT, queue=QUEUE, retry=False, ignore_result=True, expires=MESSAGE_EXPIRES_S)
    except (OperationalError, OSError) as error:
        logger.warning("the queue is away, exports wait for it: %s", error)
        return False
    return True


@transaction.atomic
def take(now: datetime) -> Export | None:
    """The export that has waited longest, now ours; None while another runs, or where none waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
    if Export.objects.filter(state=State.RUNNING).exists():
        return None
    export = Export.objects.filter(state=State.QUEUED).order_by("created_at").select_for_update().first()
    if export is None:
        return None
    export.state, export.attempt = State.RUNNING, export.attempt + 1
    export.started_at = export.heartbeat_at = now
    export.rows_done = export.bytes = 0
    export.reached = None
    export.save()
    return export


def go_on(mine: Export, now: datetime) -> bool:
    """Write how far *mine* is. False where it is not ours any more: cancelled, or given to another worker."""
    mine.heartbeat_at = now
    return _update(mine, heartbeat_at=now, rows_done=mine.rows_done, bytes=mine.bytes, reached=mine.reached)


def end(mine: Export, state: State, now: datetime, note: str = "") -> bool:
    """End *mine*; False where it was not ours any more."""
    mine.state, mine.note, mine.finished_at = state, note, now
    mine.expires_at = now + KEPT_FOR if state == State.DONE else None
    return _update(
        mine,
        **{
            name: getattr(mine, name)
            for name in ("state", "note", "finished_at", "expires_at", "rows_done", "bytes", "reached")
        },
    )


def _update(mine: Export, **values: object) -> bool:
    running = Export.objects.filter(pk=mine.pk, state=State.RUNNING, attempt=mine.attempt)
    return bool(running.update(**values))


def cancel(export: Export, now: datetime) -> bool:
    """Stop *export* if it waits or runs; its worker notices after its chunk. False where it was over."""
    return bool(Export.objects.open().filter(pk=export.pk).update(state=State.CANCELLED, finished_at=now, note=""))


def discard(export: Export, now: datetime) -> bool:
    """Delete the file of a done *export* before its time."""
    gone = Export.objects.filter(pk=export.pk, state=State.DONE).update(state=State.EXPIRED, expires_at=now)
    if gone:
        files.final(export).unlink(missing_ok=True)
    return bool(gone)


def recover(now: datetime) -> int:
    """Have exports whose worker has died begin again, or end those that have begun often enough; how many."""
    silent = Export.objects.silent(now)
    given_up = silent.filter(attempt__gte=MAX_ATTEMPTS).update(
        state=State.FAILED,
        finished_at=now,
        note=f"Its worker ended {MAX_ATTEMPTS} times in the middle: see the worker's log, or ask for fewer spans.",
    )
    return given_up + silent.update(state=State.QUEUED)


def call_due(now: datetime) -> bool:
    """Call a runner if an export waits and none runs, its message having been lost; whether one was called."""
    recover(now)
    states = set(Export.objects.open().values_list("state", flat=True).distinct())
    return states == {State.QUEUED} and call_runner()


def clean_up(now: datetime) -> int:
    """Expire what is past its time, forget what is older, and delete every file that nobody needs; how many."""
    Export.objects.past(now).update(state=State.EXPIRED)
    Export.objects.exclude(state=State.DONE).filter(finished_at__lt=now - LISTED_FOR).delete()
    found = files.present()
    return files.delete_strangers(found, Export.objects.filter(state__in=(State.RUNNING, State.DONE)))
