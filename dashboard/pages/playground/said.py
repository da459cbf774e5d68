"""A kept conversation as the page shows it: what each side said, and each call with what came of it. Pure."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.wording import formats
from dashboard.wording.states import State
from tools.llm.transcript import Call, Image, Message, Reasoning, Result, Role, Transcript

# A page does not carry more of a picture; what is larger is told in words.
MOST_PICTURE_BYTES = 1_500_000
OK, FAILED, UNANSWERED = State("ok", "good"), State("failed", "bad"), State("not answered", "warn")


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as its card shows it: ``arguments`` and ``result`` are texts."""

    name: str
    call_id: str
    arguments: str
    state: State
    result: str


@dataclass(frozen=True, slots=True)
class Picture:
    """``address`` is a data URL; '' for one that is only told of, in ``words``."""

    address: str
    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message. ``who`` says which model it was, at which deployment; '' for the user."""

    is_user: bool
    text: str
    who: str = ""
    reasoning: str = ""
    pictures: Sequence[Picture] = ()
    calls: Sequence[Shown] = ()


def said_in(transcript: Transcript) -> list[Said]:
    """The messages in their order, the results of calls with the calls."""
    results = {result.call_id: result for message in transcript for result in message.results}
    return [said_of(message, results) for message in transcript if message.role is not Role.TOOL]


def said_of(message: Message, results: Mapping[str, Result]) -> Said:
    origin = message.origin
    return Said(
        is_user=message.role is Role.USER,
        text=message.text,
        who=f"{origin.deployment} · {origin.model}" if origin else "",
        reasoning="".join(part.text for part in message.parts if isinstance(part, Reasoning)),
        pictures=[picture_of(part) for part in message.parts if isinstance(part, Image)],
        calls=[shown(call, results.get(call.call_id)) for call in message.calls],
    )


def shown(call: Call, result: Result | None) -> Shown:
    """*call* with its *result*, as the model was told it."""
    state = UNANSWERED if result is None else FAILED if result.is_error else OK
    return Shown(call.name, call.call_id, pretty(dict(call.arguments)), state, told(result))


def told(result: Result | None) -> str:
    """What the model was told, over several lines where it is JSON."""
    if result is None:
        return ""
    try:
        return pretty(json.loads(result.content))
    except ValueError:
        return result.content


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def picture_of(image: Image) -> Picture:
    words = f"A picture: {image.media_type}, {formats.size(len(image.data))}"
    if len(image.data) > MOST_PICTURE_BYTES:
        return Picture("", words)
    return Picture(f"data:{image.media_type};base64,{b64encode(image.data).decode()}", words)
