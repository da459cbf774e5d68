"""A transcript as JSON, and back: what is kept of a conversation between turns. Pure."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tools.llm.transcript.parts import Call, Image, Opaque, Origin, Part, Reasoning, Result, Text
from tools.llm.transcript.transcript import Message, Role, Transcript

KINDS: Mapping[str, type[Part]] = {
    "text": Text,
    "image": Image,
    "reasoning": Reasoning,
    "call": Call,
    "result": Result,
    "opaque": Opaque,
}
NAMES = {kind: name for name, kind in KINDS.items()}


class NotStored(ValueError):
    """The text is no transcript as ``written`` writes it."""


def written(transcript: Transcript) -> str:
    """In ASCII, as any store holds it: signs that Postgres refuses are escaped."""
    return json.dumps([message_out(message) for message in transcript], ensure_ascii=True)


def read(text: str) -> Transcript:
    """The transcript that ``written`` made *text* of. Raises NotStored."""
    try:
        return Transcript(tuple(message_in(message) for message in json.loads(text)))
    except (ValueError, TypeError, KeyError, AttributeError) as failure:
        raise NotStored("The stored conversation cannot be read: begin a new one.") from failure


def message_out(message: Message) -> dict[str, Any]:
    origin = {"origin": list(message.origin)} if message.origin else {}
    told = {"told": dict(message.told)} if message.told else {}
    return {"role": message.role.value, "parts": [part_out(part) for part in message.parts], **origin, **told}


def message_in(message: Mapping[str, Any]) -> Message:
    origin = Origin(*message["origin"]) if "origin" in message else None
    parts = tuple(part_in(part) for part in message["parts"])
    return Message(Role(message["role"]), parts, origin, dict(message.get("told", {})))


def part_out(part: Part) -> dict[str, Any]:
    said = {field.name: getattr(part, field.name) for field in fields(part)}
    if isinstance(part, Image):
        said["data"] = b64encode(part.data).decode()
    return {"part": NAMES[type(part)], **said}


def part_in(said: Mapping[str, Any]) -> Part:
    about = {name: value for name, value in said.items() if name != "part"}
    if said["part"] == "image":
        about["data"] = b64decode(about["data"])
    elif said["part"] == "opaque":
        about["origin"] = Origin(*about["origin"])
    elif said["part"] == "call":
        about["repairs"] = tuple(about["repairs"])
    return KINDS[said["part"]](**about)
