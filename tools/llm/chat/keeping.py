"""Conversations between their turns: one turn at a time, by who began it, none lost to a process that ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
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


class TooLong(BadQuestion):
    """Whoever is asked it, its answer could not be kept."""


@dataclass(slots=True)
class Begun:
    """A turn that this process has begun. ``until`` tells it from another that began after it.

    ``answer`` is there where the turn was had already, and is not to be had again.
    """

    session_id: str
    until: datetime
    transcript: Transcript = field(default_factory=Transcript)
    answer: dict[str, Any] | None = None


def begin(session_id: str, sender: str, seconds: float, asked: Mapping[str, Any], key: str = "") -> Begun:
    """Claim the conversation for a turn of *seconds*, a new one where there is none. Queries.

    *key* is the turn's own: the same one again gets the answer of before, if the turn was the last.
    Raises NotYours, Busy, and BadQuestion for a conversation that cannot be read.
    """
    now = timezone.now()
    until = now + timedelta(seconds=seconds + GRACE_S)
    with transaction.atomic():
        about = {"sender": sender, "busy_until": until, "asked": dict(asked), "key": key, "answer": None}
        name = session_id or new_name(key)
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
            if key and kept.key == key and kept.answer is not None:
                return Begun(name, until, answer=kept.answer)
            Kept.objects.filter(pk=name).update(**about)
    try:
        return Begun(name, until, read(kept.transcript))
    except NotStored as failure:
        free(Begun(name, until))
        raise BadQuestion(str(failure)) from failure


def new_name(key: str) -> str:
    """A new conversation's; of one that is asked for again by its *key* the same."""
    return f"chat-{sha256(key.encode()).hexdigest()[:32] if key else uuid4().hex}"


def keep(begun: Begun, transcript: Transcript, answer: Mapping[str, Any] | None = None) -> None:
    """Keep how far the turn has come; with its *answer* it is over, and the next may begin. Queries.

    Raises TooLong for a conversation that has grown so.
    """
    text = storable(transcript)
    over = {} if answer is None else {"busy_until": None, "answer": dict(answer)}
    mine(begun).update(transcript=text, said_at=timezone.now(), **over)


def storable(transcript: Transcript) -> str:
    """*transcript* as it is kept. Raises TooLong."""
    text = written(transcript)
    if len(text) > MOST_CHARS:
        raise TooLong("The conversation is too long to be kept: begin a new one, with smaller pictures.")
    return text


def free(begun: Begun) -> None:
    """The turn is over. Queries."""
    mine(begun).update(busy_until=None)


def mine(begun: Begun) -> Any:
    """The row, as long as no other turn has begun since."""
    return Kept.objects.filter(pk=begun.session_id, busy_until=begun.until)
