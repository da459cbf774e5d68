"""What may be compared, and what it is at a moment, as a text whose hash tells a change. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol

from tools.llm.transcript import Origin


class SubjectKind(StrEnum):
    """What the arms of an experiment are instead of."""

    PROMPT = "prompt"  # versions of it; it may be what describes a tool
    MODEL = "model"  # deployments, by name
    ROUTE = "route"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an experiment is about: whoever would get it is given one of the arms."""

    kind: SubjectKind
    name: str

    def __str__(self) -> str:
        return f"the {NOUNS[self.kind]} {self.name}"


NOUNS = {
    SubjectKind.PROMPT: "prompt",
    SubjectKind.MODEL: "deployment",
    SubjectKind.ROUTE: "route",
    SubjectKind.TOOL: "tool",
}


class Place(Protocol):
    """A deployment's place in a route."""

    @property
    def deployment(self) -> Any: ...
    @property
    def rank(self) -> int: ...
    @property
    def weight(self) -> float: ...
    @property
    def rate(self) -> Any: ...


def of_deployment(origin: Origin) -> str:
    """The deployment as it is asked: its key and its address are no part of the treatment."""
    return written({"deployment": origin.deployment, "provider": origin.provider, "model": origin.model})


def of_route(entries: Iterable[Place]) -> str:
    """All deployments of a route, each with its place."""
    return written(
        [
            {
                **json.loads(of_deployment(entry.deployment.origin)),
                "rank": entry.rank,
                "weight": entry.weight,
                "rate": str(entry.rate or ""),
            }
            for entry in entries
        ]
    )


def of_tool(definition: dict[str, Any]) -> str:
    """A tool as a model sees it."""
    return written(definition)


def written(said: Any) -> str:
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def digest(text: str) -> str:
    """The SHA-256 of *text*, in hex."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
