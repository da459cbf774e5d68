"""Trying a version: whom it can be tried with, and what comes of one turn."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync

from tools.llm.chat.body import ChatBody
from tools.llm.prompts.rendering import Version
from tools.web.access import Client

if TYPE_CHECKING:
    from tools.llm.calling.deployment import Deployment
    from tools.llm.providers.snapshot import Known

AGENT = "prompt trial"
MOST_S = 60.0
MOST_ROUNDS = 5
# Where nobody is paid for an answer: the echo, and servers on this machine, such as the lab.
FREE_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "echo"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a version can be tried with. ``costs`` says whether a vendor is paid for that."""

    name: str
    words: str
    costs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it: an answer as POST /chat has it, or why there is none; ``trace_id`` finds the spans."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    trace_id: str = ""

    @property
    def calls(self) -> list[dict[str, str]]:
        """The tools that were called, with what was given and came back as JSON."""
        return [
            {
                "tool": call["tool"],
                "arguments": in_json(call["arguments"]),
                "result": in_json(call["result"]),
                "error": call["error"]["detail"] if call["error"] else "",
            }
            for call in self.answer.get("calls", ())
        ]


def in_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def choices() -> list[Choice]:
    """The routes, then the deployments, as far as they can be asked."""
    from tools.llm.providers import live

    able = {known.name: known for known in live.deployments() if not known.lacks}
    routes = {
        name: [able[entry.deployment.name] for entry in entries if entry.deployment.name in able]
        for name, entries in live.routes().items()
    }
    return [
        *(Choice(name, f"route {name}", any(map(is_paid, found))) for name, found in routes.items() if found),
        *(
            Choice(known.name, f"{known.name} ({known.deployment.model})", is_paid(known))
            for known in able.values()
        ),
    ]


def is_paid(known: "Known") -> bool:
    return costs(known.deployment)


def costs(where: "Deployment") -> bool:
    """Whether a vendor is paid for an answer of *where*."""
    return (urlsplit(where.base_url).hostname or "") not in FREE_HOSTS


def tried(version: Version, values: Mapping[str, str], body: ChatBody, client: Client) -> Tried:
    """The turn that *body* asks for, told by *version* with *values*. Asks a model."""
    from tools.llm.prompts.admin import trial_turn  # with httpx, which no other page needs

    return async_to_sync(trial_turn.tried)(version, values, body, client)
