"""Conversations between their turns: one turn at a time, by who began it, none lost to a process that ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from tools.llm.chat.errors import BadQuestion, Busy, NotYours
from tools.llm.chat.models import Kept
from tools.llm.transcript import Transcript
from tools.llm.transcript.stored import NotStored, read, written

# Beyond a turn's own time: until what it came to is written.
GRACE_S = 30.0
MOST_CHARS = 8_000_000


@dataclass(slots=True)
class Begun:
    """A turn that this process has begun. ``until`` tells it from another that began after it."""

    session_id: str
    until: datetime
    transcript: Transcript = field(default_factory=Transcript)


def begin(session_id: str, sender: str, seconds: float, asked: Mapping[str, Any]) -> Begun:
    """Claim the conversation for a turn of *seconds*, a new one where there is none. Queries.

    Raises NotYours, Busy, and BadQuestion for one that cannot be read.
    """
    now = timezone.now()
    until = now + timedelta(seconds=seconds + GRACE_S)
    with transaction.atomic():
        about = {"sender": sender, "busy_until": until, "asked": dict(asked)}
        name = session_id or f"chat-{uuid4().hex}"
        kept, is_new = Kept.objects.select_for_update().get_or_create(session_id=name, defaults=about)
        if not is_new:
            if kept.sender != sender:
                raise NotYours(
                    f"The conversation {name!r} is somebody else's: leave session_id out to begin one of your own."
                )
            if kept.busy_until and kept.busy_until > now:
                raise Busy(
                    f"The last turn of {name!r} is not over: wait for it before something else is said.",
                    retry_after_s=1.0,
                )
            Kept.objects.filter(pk=name).update(**about)
    try:
        return Begun(name, until, read(kept.transcript))
    except NotStored as failure:
        free(Begun(name, until))
        raise BadQuestion(str(failure)) from failure


def keep(begun: Begun, transcript: Transcript, *, is_over: bool = False) -> None:
    """Keep how far the turn has come; with *is_over* the next may begin. Queries.

    Raises BadQuestion for a conversation that has grown too long.
    """
    text = written(transcript)
    if len(text) > MOST_CHARS:
        raise BadQuestion("The conversation has become too long to be kept: begin a new one.")
    until = None if is_over else begun.until
    mine(begun).update(transcript=text, said_at=timezone.now(), busy_until=until)


def free(begun: Begun) -> None:
    """The turn is over. Queries."""
    mine(begun).update(busy_until=None)


def mine(begun: Begun) -> Any:
    """The row, as long as no other turn has begun since."""
    return Kept.objects.filter(pk=begun.session_id, busy_until=begun.until)
