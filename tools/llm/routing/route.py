"""A route: deployments in an order, those of one rank by their weights."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Protocol, Self

from tools.definition.policy import BreakerPolicy, Rate
from tools.llm.adapters.base import Ask
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.calling.deployment import Deployment
from tools.llm.experiments.given import Given
from tools.llm.routing.budget import Budget
from tools.llm.routing.failover import Action

# A model is asked less often than a tool, and rests longer.
BREAKER = BreakerPolicy(failures=3, window_s=60.0, cooldown_s=30.0)


class NoDeployment(ModelError):
    """A route has nobody left to ask; the message says why, deployment by deployment."""

    def __init__(self, route: str, reasons: Sequence[str]) -> None:
        said = f"The route {route!r} has nobody to ask now ({'; '.join(reasons)})"
        super().__init__(ErrorKind.OVERLOADED, said, code="no_deployment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One deployment of a route. Those of the lowest rank are asked first, each as often as its weight says."""

    deployment: Deployment
    rank: int = 0
    weight: float = 1.0
    rate: Rate | None = None  # how often it may be asked, by all processes together
    breaker: BreakerPolicy = BREAKER
    budget: Budget | None = None  # None: nothing is limited

    def __post_init__(self) -> None:
        if not 0 < self.weight < inf:
            raise ValueError("A weight is a number above 0: leave a deployment out that is not to be asked.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An arm of an experiment with a deployment: who would be asked there first is asked by *entry* first."""

    entry: Entry
    given: Given

    def marked(self, ask: Ask) -> Ask:
        """*ask*, which says that it was asked so."""
        return replace(ask, given=(*ask.given, self.given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who is asked first, whatever the weights: *prefer*, which knows what was said, and last those to *avoid*.

    These have a reason each, for the span of who is asked instead. *trials* are what is tried in the place of a
    deployment, by its name: that comes before anybody's choice.
    """

    prefer: str = ""
    avoid: Mapping[str, str] = field(default_factory=dict)
    trials: Mapping[str, Trial] = field(default_factory=dict)

    def place(self, deployment: str) -> int:
        if deployment in self.avoid:
            return 2
        return 0 if deployment == self.prefer else 1


NO_WISH = Wish()


class Lead(Protocol):
    """Says who is asked first of those that may be, whatever the weights, and is told who was."""

    async def first(self, order: list[Entry], wish: Wish, resting: Mapping[str, str]) -> list[Entry]:
        """*order* as it is to be; *resting* has those that are known to rest, and why."""

    def asked(self, deployment: str) -> Mapping[str, Any]:
        """Note who is asked; what its span says of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Raises ValueError without a deployment, or with one twice."""

    name: str
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        names = [entry.deployment.name for entry in self.entries]
        if not names:
            raise ValueError(f"The route {self.name!r} has no deployment: give it one.")
        if len(set(names)) < len(names):
            raise ValueError(f"The route {self.name!r} has a deployment twice: give it a weight instead.")

    @classmethod
    def of(cls, deployment: Deployment) -> Self:
        """The route of one deployment."""
        return cls(name=deployment.name, entries=(Entry(deployment=deployment),))

    def order(self, random: Callable[[], float], wish: Wish = NO_WISH) -> list[Entry]:
        """In which order the deployments are asked this time."""
        ranks = sorted({entry.rank for entry in self.entries})
        drawn = [
            entry
            for rank in ranks
            for entry in shuffled([one for one in self.entries if one.rank == rank], random)
        ]
        # The sort keeps the order of those that nothing is wished of.
        return sorted(drawn, key=lambda entry: wish.place(entry.deployment.name))

    def tried(self, random: Callable[[], float], wish: Wish) -> tuple[list[Entry], Trial | None]:
        """``order``, and what is tried in the place of the first, whom the order then has behind it.

        Who is avoided was the first all the same: an arm is not left by its own failures.
        """
        if not wish.trials:
            return self.order(random, wish), None
        order = self.order(random, replace(wish, avoid={}))
        trial = wish.trials.get(order[0].deployment.name)
        if trial is not None:
            tried = trial.entry.deployment.name
            order = [trial.entry, *(entry for entry in order if entry.deployment.name != tried)]
        return sorted(order, key=lambda entry: entry.deployment.name in wish.avoid), trial


def shuffled(entries: Sequence[Entry], random: Callable[[], float]) -> Iterator[Entry]:
    """*entries* drawn one after another, each with the chance that its weight has among those left."""
    left = list(entries)
    while left:
        at = random() * sum(entry.weight for entry in left)
        for entry in left:
            at -= entry.weight
            if at < 0:
                break
        left.remove(entry)
        yield entry


def following(order: Sequence[Entry], failed: Entry, action: Action) -> list[Entry]:
    """Those of *order* that may be asked after *failed*, by *action*."""
    behind = list(order[order.index(failed) + 1 :])
    of = failed.deployment
    if action is Action.OTHER:
        # A server of one's own is a vendor of its own: its address tells it from others.
        return [entry for entry in behind if entry.deployment.vendor != of.vendor]
    if action is Action.LARGER:
        return [entry for entry in behind if entry.deployment.can.context_tokens > of.can.context_tokens]
    return behind if action in (Action.NEXT, Action.SIMPLER) else []
