"""The pictures of a conversation, made ready for the model that is asked."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.images.fitting import fitted
from tools.llm.images.reading import BadImage, aside
from tools.llm.images.takes import Takes, takes_of
from tools.llm.transcript import Image, Message, Part, Text, Transcript

NOT_SHOWN = Text("(A picture that stood here is not shown.)")


async def sendable(transcript: Transcript, provider: str) -> tuple[Transcript, int]:
    """*transcript* with its pictures as *provider* takes them, and how many of the first it goes without.

    The last ones are sent: as many as a request may hold. Raises ModelError for a picture that is none.
    """
    if not any(isinstance(part, Image) for message in transcript for part in message.parts):
        return transcript, 0
    try:
        return await aside(partial(made_ready, transcript, takes_of(provider)))
    except BadImage as error:
        said, _, _ = str(error).rpartition(": ")  # what to do is said by the kind of error
        raise ModelError(ErrorKind.INVALID, said) from error


def made_ready(transcript: Transcript, takes: Takes) -> tuple[Transcript, int]:
    sent: list[Message] = []
    room, left_out = Room(takes), 0
    for message in reversed(transcript.messages):
        parts = room.shown(message.parts)
        left_out += sum(part is NOT_SHOWN for part in parts)
        sent.append(replace(message, parts=parts))
    return Transcript(tuple(reversed(sent))), left_out


class Room:
    """What a request still holds of pictures, the last of them first."""

    def __init__(self, takes: Takes) -> None:
        self._takes, self._pictures, self._bytes = takes, takes.most, takes.bytes_all

    def shown(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """*parts* with pictures that fit, and a few words in place of those that do not."""
        return tuple(reversed([self._one(part) for part in reversed(parts)]))

    def _one(self, part: Part) -> Part:
        if not isinstance(part, Image):
            return part
        if not self._pictures:
            return NOT_SHOWN
        image = fitted(part, self._takes)
        if len(image.data) > self._bytes:
            self._pictures = 0
            return NOT_SHOWN
        self._pictures -= 1
        self._bytes -= len(image.data)
        return image
