"""Whom an arm is given to: a conversation or a user, never a single call. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from tools.calls.request import Request
from tools.llm.prompts.picked import Picked


class UnitKind(StrEnum):
    """Calls of one conversation are alike, and a user remembers: so these are what is counted."""

    CONVERSATION = "conversation"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Units:
    """The units that a turn belongs to, '' for one that is not known: a turn without it is in no experiment."""

    conversation: str = ""
    user: str = ""
    # What was chosen for them, by prompt: where an experiment goes on, its arm is told instead.
    chosen: Mapping[str, Picked] = field(default_factory=dict)

    def of(self, kind: str) -> str:
        return self.user if kind == UnitKind.USER else self.conversation


NO_UNITS = Units()


def units_of(request: Request) -> Units:
    """Those of *request*: its session, and its caller's id, which is of the application that said it."""
    caller, sender = request.get("caller_id", ""), request.get("sender", "")
    return Units(request.get("session_id", ""), f"{sender}/{caller}" if caller else "")


def hash_of(unit: str) -> str:
    """*unit* as it is written down: a user's id may be an address."""
    return blake2b(unit.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
