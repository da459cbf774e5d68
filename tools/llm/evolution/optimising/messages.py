"""A recorded conversation as a transcript again, and what the prompt's variables were. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.llm.prompts.text import Template
from tools.llm.transcript import Call, Message, Part, Result, Role, Text, Transcript

CUT = "[left out]"  # what is said where a payload was cut


class Unusable(Exception):
    """Nothing can be learned from it; the message says why, in two words or three."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a model was told and asked, and the calls it answered with, by their ids and tools."""

    system: str
    said: Transcript
    calls: Sequence[Call]

    @property
    def words(self) -> str:
        """What the user said last."""
        return next((message.text for message in reversed(self.said.messages) if message.role is Role.USER), "")


def exchange(messages: str) -> Exchange:
    """*messages* as they are recorded, JSON of both sides. Raises Unusable."""
    if not messages:
        raise Unusable("not recorded")
    if CUT in messages:
        raise Unusable("cut")
    try:
        sides = json.loads(messages)
        asked, answered = list(sides["input"]), list(sides["output"])
        system = ""
        if asked and asked[0]["role"] == "system":
            system = "".join(part["content"] for part in asked.pop(0)["parts"])
        said = Transcript()
        for message in asked:
            said = said.add(Message(Role(message["role"]), parts_of(message)))
        calls = [part for message in answered for part in parts_of(message) if isinstance(part, Call)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable("no conversation") from error
    if said.open_calls or not said.messages:
        raise Unusable("no conversation")
    return Exchange(system, said, calls)


def parts_of(message: Mapping[str, Any]) -> tuple[Part, ...]:
    return tuple(part for each in message["parts"] if (part := part_of(each)))


def part_of(said: Mapping[str, Any]) -> Part | None:
    match said["type"]:
        case "text":
            return Text(said["content"])
        case "tool_call":
            return Call(said["name"], dict(said["arguments"]), call_id=said["id"])
        case "tool_call_response":
            return Result(said["id"], said["response"])
        case "reasoning":
            return None  # it was shown, and is not sent back
    raise Unusable("pictures")


def values_in(template: Template, text: str) -> dict[str, str]:
    """What *template* was filled with to become *text*. Raises Unusable where that cannot be told."""
    values, at = dict[str, str](), len(template.literals[0])
    pieces = list(zip(template.names, template.literals[1:], strict=True))
    for number, (name, literal) in enumerate(pieces, 1):
        is_last = number == len(pieces)
        if not literal and not is_last:
            raise Unusable("variables")  # two of them with nothing between
        end = len(text) - len(literal) if is_last else text.find(literal, at)
        values.setdefault(name, text[at : max(at, end)])
        at = end + len(literal)
    if template.fill(values) != text:
        raise Unusable("variables")
    return values
