"""What was in the tables at one moment, as values: deployments and routes by their names. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from tools.llm.calling.deployment import Deployment
from tools.llm.prompts.variables import listed
from tools.llm.providers.endings import Ending
from tools.llm.providers.errors import CannotAsk, UnknownRoute
from tools.llm.routing import Entry, Route
from tools.llm.routing.budget import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A deployment as it stands; the key is in ``deployment``, and shown nowhere.

    ``lacks`` says why it cannot be asked, in one sentence; '' where it can.
    """

    deployment: Deployment
    budget: Budget
    ending: Ending
    enabled: bool = True
    lacks: str = ""

    @property
    def name(self) -> str:
        return self.deployment.name

    @property
    def has_key(self) -> bool:
        return bool(self.deployment.key)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """At one moment, each by its name; a route's entries also those that cannot be asked."""

    deployments: Mapping[str, Known] = field(default_factory=dict)
    routes: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)

    def known(self, name: str) -> Known:
        """Raises UnknownRoute."""
        found = self.deployments.get(name)
        if found is None:
            raise UnknownRoute(unknown("deployment", name, self.deployments))
        return found

    def deployment(self, name: str) -> Deployment:
        """Raises UnknownRoute, and CannotAsk for one that is switched off or has no key."""
        found = self.known(name)
        if found.lacks:
            raise CannotAsk(found.lacks)
        return found.deployment

    def route(self, name: str) -> Route:
        """Of those that can be asked. Raises UnknownRoute, and CannotAsk where there is none."""
        entries = self.routes.get(name)
        if entries is None:
            return self._route_of_one(name)
        able = tuple(entry for entry in entries if not self.known(entry.deployment.name).lacks)
        if not able:
            why = [self.known(entry.deployment.name).lacks for entry in entries]
            raise CannotAsk(f"The route {name!r} has no deployment to ask: {' '.join(why) or 'give it one.'}")
        return Route(name=name, entries=able)

    def _route_of_one(self, name: str) -> Route:
        if name not in self.deployments:
            raise UnknownRoute(unknown("route", name, {**self.routes, **self.deployments}))
        return Route(name=name, entries=(Entry(deployment=self.deployment(name), budget=self.known(name).budget),))

    def models(self) -> set[tuple[str, str]]:
        """The provider and model of each deployment, as spans name them."""
        return {(known.deployment.provider, known.deployment.model) for known in self.deployments.values()}

    def routes_of(self, deployment: str) -> list[str]:
        """The routes that *deployment* is in."""
        return [
            name
            for name, entries in self.routes.items()
            if any(entry.deployment.name == deployment for entry in entries)
        ]


def unknown(what: str, name: str, there: Mapping[str, object]) -> str:
    """That there is no *what* of *name*, and which are near; all where none is."""
    near = get_close_matches(name[:100], list(there), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}" if near else f"there are {listed(there) or 'none'}"
    return f"There is no {what} {name[:100]!r}: {hint}{'?' if near else '.'}"
