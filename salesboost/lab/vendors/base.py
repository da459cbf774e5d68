"""What a vendor does: reads a request in its words, refuses what it refuses, writes an answer in its words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol, runtime_checkable

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault

# What the lab adds to the headers of a request: the part of its address behind "?", and the day by the lab's
# clock, as 2026-12-01; whoever asks may give another day.
QUERY = ":query"
DAY = "x-lab-day"


class Refused(Exception):
    """The vendor takes no such request. ``kind`` as of a Fault; the message is as the vendor words it."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid", param: str = "") -> None:
        super().__init__(message)
        self.message, self.status, self.kind, self.param = message, status, kind, param


class BadRequest(Refused):
    """The body is not what the vendor's schema says."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids as vendors make them: a prefix and random signs, the same for the same seed."""

    random: Random

    def made(self, prefix: str, chars: int, alphabet: str = "abcdefghijklmnopqrstuvwxyz0123456789") -> str:
        return prefix + "".join(self.random.choices(alphabet, k=chars))

    def hex(self, prefix: str, chars: int) -> str:
        return self.made(prefix, chars, "0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Moment:
    """What an answer needs beside its reply."""

    ids: Ids
    now_s: int  # seconds since 1970


# The events of a stream, each as the bytes that stand between two empty lines and with these.
Events = Iterator[bytes]


class Vendor(Protocol):
    """One vendor's wire format. All pure: bodies in, bodies out."""

    name: str
    # Below the vendor's own prefix, as its clients have it behind their base address.
    base: str
    paths: re.Pattern[str]
    faults: Mapping[str, Fault]

    def asked(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Asked:
        """What the request asks for. Raises Refused for one that the vendor would not take."""

    def answer(self, asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
        """The whole answer."""

    def events(self, asked: Asked, reply: Reply, moment: Moment) -> Events:
        """The same as a stream."""

    def error(self, status: int, kind: str, message: str, param: str = "") -> tuple[int, Mapping[str, Any]]:
        """An error of *kind* as the vendor words it, with the status that it sends for it."""

    def error_event(self, kind: str, message: str) -> bytes:
        """The same amid a stream."""


@runtime_checkable
class Dated(Protocol):
    """A vendor whose models have a last day."""

    def dated(self, asked: Asked, day: str) -> Asked:
        """What *asked* is at *day*, such as 2026-12-01. Raises Refused where its model has been taken off."""
