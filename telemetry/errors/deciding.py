"""What people decide about a group of errors: it is resolved, ignored, or open again.

Each changes the state by condition, so that of two at the same moment one counts; all return whether it was this.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from telemetry.errors.models import ErrorGroup, State

COMMENT_CHARS = 1_000


def resolve(fingerprint: int, user: User, now: datetime) -> bool:
    """It is mended: an occurrence that begins after *now* opens the group again."""
    return _move(fingerprint, State.RESOLVED, resolved_at=now, resolved_by=user)


def ignore(
    fingerprint: int, user: User, now: datetime, *, until: datetime | None = None, more: int | None = None
) -> bool:
    """Nobody needs to look at it: *until* a moment, until it occurred *more* times, or for good."""
    group = ErrorGroup.objects.filter(pk=fingerprint).only("count").first()
    if group is None:
        return False
    return _move(
        fingerprint,
        State.IGNORED,
        ignored_at=now,
        ignored_by=user,
        ignored_until=until,
        ignored_until_count=None if more is None else group.count + more,
    )


def reopen(fingerprint: int, user: User, now: datetime) -> bool:
    """It wants looking at again."""
    return _move(fingerprint, State.OPEN, reopened_at=now, reopened_by=user)


def comment(fingerprint: int, text: str) -> bool:
    """Keep *text* with the group, instead of what was there; False if there is no such group."""
    clean = text.replace("\x00", "").strip()[:COMMENT_CHARS]
    return ErrorGroup.objects.filter(pk=fingerprint).update(comment=clean) == 1


def _move(fingerprint: int, state: State, **changes: Any) -> bool:
    others = ErrorGroup.objects.filter(pk=fingerprint).exclude(state=state)
    return others.update(state=state, **changes) == 1
