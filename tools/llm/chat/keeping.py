"""Conversations between their turns: one turn at a time, by who began it, none lost to a process that ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from tools.errors import IdempotencyKeyReused
from tools.llm.chat.errors import BadQuestion, Busy, NotYours, Overtaken
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

    ``answer`` is there where the turn was had already, and is not to be had again; ``goes_on`` where it was begun
    before, and what the user says is in ``transcript``.
    """

    session_id: str
    until: datetime
    transcript: Transcript = field(default_factory=Transcript)
    answer: dict[str, Any] | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """A turn's own key, and a digest of what was asked with it; '' for one that may be had again."""

    key: str = ""
    digest: str = ""


ANY = Once()


def begin(session_id: str, sender: str, seconds: float, asked: Mapping[str, Any], once: Once = ANY) -> Begun:
    """Claim the conversation for a turn of *seconds*, a new one where there is none. Queries.

    The last turn is not had again by its own key: there is its answer, or how far it came. Raises NotYours, Busy,
    IdempotencyKeyReused, and BadQuestion for a conversation that cannot be read.
    """
    now = timezone.now()
    until = now + timedelta(seconds=seconds + GRACE_S)
    with transaction.atomic():
        about = {"sender": sender, "busy_until": until, "asked": dict(asked), "answer": None}
        about |= {"key": once.key, "digest": once.digest}
        name = session_id or new_name(sender, once.key)
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
            is_again = had_before(kept, once, is_named=bool(session_id))
            if is_again and kept.answer is not None:
                return Begun(name, until, answer=kept.answer)
            if not is_again:
                about["messages_before"] = len(transcript_of(kept))
            Kept.objects.filter(pk=name).update(**about)
    try:
        transcript = transcript_of(kept)
        goes_on = not is_new and is_again and len(transcript) > kept.messages_before
        return Begun(name, until, transcript, goes_on=goes_on)
    except BadQuestion:
        free(Begun(name, until))
        raise


def had_before(kept: Kept, once: Once, *, is_named: bool) -> bool:
    """Whether the last turn of *kept* is the one that is asked for.

    Raises IdempotencyKeyReused where its key stands for something else, or for a turn that others followed.
    """
    if not once.key:
        return False
    if kept.key == once.key and kept.digest != once.digest:
        raise IdempotencyKeyReused("The Idempotency-Key stands for another question: take a new one for each.")
    if kept.key != once.key and not is_named:
        raise IdempotencyKeyReused(
            f"The turn of this Idempotency-Key was had, and {kept.pk!r} has gone on since: say its session_id, "
            "and take a new key."
        )
    return kept.key == once.key


def transcript_of(kept: Kept) -> Transcript:
    try:
        return read(kept.transcript)
    except NotStored as failure:
        raise BadQuestion(str(failure)) from failure


def new_name(sender: str, key: str) -> str:
    """A new conversation's; of one that *sender* asks for again by its *key* the same."""
    return f"chat-{sha256(f'{sender} {key}'.encode()).hexdigest()[:32] if key else uuid4().hex}"


def keep(begun: Begun, transcript: Transcript, answer: Mapping[str, Any] | None = None) -> None:
    """Keep how far the turn has come; with its *answer* it is over, and the next may begin. Queries.

    Raises TooLong for a conversation that has grown so, and Overtaken where another turn has begun since.
    """
    text = storable(transcript)
    over = {} if answer is None else {"busy_until": None, "answer": dict(answer)}
    if not mine(begun).update(transcript=text, said_at=timezone.now(), **over):
        raise Overtaken(
            "The turn took longer than it might, and another has begun: what it came to is not kept. Ask again, "
            "with a later deadline_s."
        )


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
