"""Experiments with whom a turn asks and which tools it offers: decided once, when it begins. Without a query.

Of a prompt it is its ``Telling`` that knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.calls.request import Request
from tools.llm.experiments import kinds, live
from tools.llm.experiments.assignment import Arm, Running
from tools.llm.experiments.choosing import given_by
from tools.llm.experiments.given import Given
from tools.llm.experiments.kinds import SubjectKind
from tools.llm.experiments.units import NO_UNITS, Units, units_of
from tools.llm.providers import live as providers
from tools.llm.providers.errors import CannotAsk
from tools.llm.providers.snapshot import Snapshot
from tools.llm.routing import Entry, Route
from tools.llm.routing.route import Trial, Wish
from tools.llm.turns.question import Question
from tools.llm.turns.standing_in import offered

if TYPE_CHECKING:
    from tools.running.executor import ToolExecutor


@dataclass(frozen=True, slots=True)
class Trials:
    """Who is asked what by the arms of a turn. ``given`` are those of its route and its tools."""

    route: Route
    question: Question
    given: tuple[Given, ...] = ()
    deployments: Mapping[str, Trial] = field(default_factory=dict)  # by whom it would be asked else

    def wish(self, last: str, avoid: Mapping[str, str]) -> Wish:
        """What is wished of the route, *last* being who answered last: that who is tried goes on being so."""
        for subject, trial in self.deployments.items():
            if last == trial.entry.deployment.name:
                last = subject
                break
        return Wish(prefer=last, avoid=avoid, trials=self.deployments)


def begun(route: Route, question: Question, request: Request, executor: "ToolExecutor") -> Trials:
    """What a turn is that *request* began, by the arms of its conversation and its user."""
    units = units_of(request)
    if units == NO_UNITS or not live.current().runs:
        return Trials(route, question)
    route, of_route = routed(route, units)
    question, of_tools = offered(question, units, request.get("caller_role", ""), executor)
    return Trials(route, question, (*of_route, *of_tools), deployments(route, units))


def routed(route: Route, units: Units) -> tuple[Route, tuple[Given, ...]]:
    """The route of the arm in which *units* are, and that arm."""
    found = live.arm_of(route.name, "", units, SubjectKind.ROUTE)
    if found is None:
        return route, ()
    arm, snapshot = found[1], providers.current()
    try:
        chosen = route if arm.value == route.name else route_named(snapshot, arm.value)
    except CannotAsk:
        told = kinds.of_route(route.entries)
        return route, (given_by(found, units, kind=SubjectKind.ROUTE, route=told, fell_back=True),)
    entries = snapshot.routes.get(arm.value, ())
    is_part = len(chosen.entries) < len(entries)  # the others cannot be asked now, and are no less of the arm
    told = kinds.of_route(entries if is_part else chosen.entries)
    about = {"route": told, "sha256": arm.sha256, "fell_back": is_part}
    return chosen, (given_by(found, units, kind=SubjectKind.ROUTE, **about),)


def route_named(snapshot: Snapshot, name: str) -> Route:
    """Raises CannotAsk, also where there is none any more: a deployment of its name is no route."""
    if name not in snapshot.routes:
        raise CannotAsk(f"There is no route {name!r} any more.")
    return snapshot.route(name)


def deployments(route: Route, units: Units) -> dict[str, Trial]:
    """By each deployment of *route* that an experiment is about: who is asked in its place."""
    found = {}
    for entry in route.entries:
        name = entry.deployment.name
        if arm := live.arm_of(name, "", units, SubjectKind.MODEL):
            found[name] = trial_of(arm, entry, route, units)
    return found


def trial_of(found: tuple[Running, Arm], subject: Entry, route: Route, units: Units) -> Trial:
    """The arm that was *found*; where it cannot be asked, the *subject* itself."""
    arm = found[1]
    entry = next((each for each in route.entries if each.deployment.name == arm.value), None) or known(arm.value)
    if entry is None:
        return Trial(entry=subject, given=given_by(found, units, kind=SubjectKind.MODEL, fell_back=True))
    given = given_by(found, units, kind=SubjectKind.MODEL, sha256=arm.sha256)
    return Trial(entry=entry, given=given)


def known(name: str) -> Entry | None:
    """The deployment *name* for a route that it is not in; None where it cannot be asked."""
    found = providers.current().deployments.get(name)
    return Entry(deployment=found.deployment, budget=found.budget) if found and not found.lacks else None
