"""What there is to choose from: whom to ask, prompts, tools, roles and efforts, as this process knows them now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.decisions.live import policy as live_policy
from tools.llm.prompts import live as prompts
from tools.running.runtime import get_executor
from tools.web.access import PERSONS_ROLE

if TYPE_CHECKING:
    from tools.llm.providers.snapshot import Known, Snapshot

DEFAULT_ROUTE = "default"
# The provider that only says one's words again.
ECHO = "local"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask by ``name``; ``words`` say who that is, ``lacks`` why they cannot be asked ('': they can)."""

    name: str
    words: str
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Models:
    """Whom there is to ask. ``only_echo``: nobody but what needs no model."""

    routes: Sequence[Asked]
    deployments: Sequence[Asked]
    efforts: Sequence[str]
    only_echo: bool

    def has(self, name: str) -> bool:
        """Whether somebody can be chosen by *name*."""
        return any(one.name == name for one in (*self.routes, *self.deployments))


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool; ``roles`` are those that alone may call it, none: everybody."""

    name: str
    what: str
    roles: tuple[str, ...]

    @property
    def only_for(self) -> str:
        """The roles in words, where a person's own is not among them."""
        return "" if PERSONS_ROLE in self.roles else ", ".join(self.roles)


def models() -> Models:
    """Routes and deployments, without a query."""
    # Loaded by the first who opens the page: a server whose people ask no model does without.
    from tools.llm.providers import live

    return models_of(live.current())


def models_of(snapshot: "Snapshot") -> Models:
    """*snapshot* as the page offers it. Pure."""
    known = list(snapshot.deployments.values())
    return Models(
        routes=[
            Asked(name, ", then ".join(entry.deployment.name for entry in entries), lacks_of(snapshot, name))
            for name, entries in snapshot.routes.items()
        ],
        deployments=[Asked(one.name, one.deployment.model, one.lacks) for one in known],
        efforts=efforts_of(known),
        only_echo=all(one.lacks or one.deployment.provider == ECHO for one in known),
    )


def lacks_of(snapshot: "Snapshot", route: str) -> str:
    """Why nobody of *route* can be asked; '' where somebody can."""
    why = [snapshot.known(entry.deployment.name).lacks for entry in snapshot.routes[route]]
    return "" if why and not all(why) else "none of it can be asked"


def efforts_of(known: Sequence["Known"]) -> list[str]:
    """The words of all of *known*, each once; each deployment takes the nearest that it has."""
    return list(dict.fromkeys(effort for one in known for effort in one.deployment.can.efforts))


def prompt_choices() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Of each prompt its labels with something in them, and the variables that these want."""
    return {
        name: {label: [one.as_json() for one in version.variables] for label, version in labels.items() if version}
        for name, labels in prompts.current().prompts.items()
        if any(labels.values())
    }


def tools() -> list[Offered]:
    """The tools that are switched on, by name."""
    found = []
    for tool in sorted(get_executor().registry.all(), key=lambda each: each.name):
        policy = live_policy(tool)
        if policy.enabled:
            what = policy.description or tool.schema.description
            found.append(Offered(tool.name, first_sentence(what), tuple(sorted(policy.roles))))
    return found


def first_sentence(text: str) -> str:
    """What stands before the first full stop or line break of *text*."""
    return text.strip().split("\n", 1)[0].split(". ", 1)[0].rstrip(".")


def roles(offered: Sequence[Offered], *, is_any: bool) -> list[str]:
    """The roles that somebody may claim: their own, and those that tools ask for if it *is_any*."""
    named = {role for tool in offered for role in tool.roles}
    return [PERSONS_ROLE, *sorted(named - {PERSONS_ROLE})] if is_any else [PERSONS_ROLE]


def filled_in(asked: Mapping[str, Any]) -> dict[str, Any]:
    """*asked* with what a new conversation is asked with where it says nothing. Pure."""
    usual: dict[str, Any] = {"route": DEFAULT_ROUTE, "prompt": "", "label": prompts.PRODUCTION, "variables": {}}
    usual |= {"system": "", "tools": [], "effort": "", "caller_role": PERSONS_ROLE, "rounds": 10}
    return usual | {name: value for name, value in asked.items() if name in usual and value not in ("", None)}
