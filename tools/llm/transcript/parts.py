"""The parts of a message. All frozen: a transcript is only ever added to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4


class Origin(NamedTuple):
    """Who made something: a model, at a provider, behind one address and key."""

    provider: str
    model: str
    deployment: str = ""


def new_call_id() -> str:
    """An id of ours. A vendor's may be empty, double, or thousands of characters long."""
    return f"call_{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as bytes, in one of the formats that models take; ``media_type`` such as ``image/png``."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model let us see of its thinking. It is shown, and never sent back."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call that a model asked for, under our name of the tool.

    ``arguments`` are JSON values. Where what it wrote cannot be read they are empty, and ``problem`` says why: the
    call's result tells it to the model.
    """

    name: str
    arguments: Mapping[str, Any]
    call_id: str = field(default_factory=new_call_id)
    vendor_id: str = ""  # as the vendor named it: sent back to who made it, and no key of anything
    problem: str = ""
    repairs: tuple[str, ...] = ()  # what reading it changed, one sentence each


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to, as the model is told it: a text, mostly JSON."""

    call_id: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """A part that only its maker can read, as it came: a signature, encrypted reasoning.

    It belongs to the part behind it, and goes back only to who made it. ``bound_to`` is what else has to be as it
    was then, such as instructions and tools, in a form of its adapter's; "" where nothing has to be.
    """

    origin: Origin
    kind: str
    value: Any = field(repr=False)
    bound_to: str = ""


Part = Text | Image | Reasoning | Call | Result | Opaque
