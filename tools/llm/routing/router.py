"""Asks the deployments of a route until one answers. Each try is a span that says which try it is, and why."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from random import random as random_share
from typing import Any

from telemetry import semconv
from tools.llm.adapters.base import Answer, Ask, Delta
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.calling.client import ModelClient
from tools.llm.calling.deployment import Deployment
from tools.llm.pricing import Price
from tools.llm.routing.budget import NOTHING, Budget, Cost, cost_of, estimated
from tools.llm.routing.failover import Action, Moment, action
from tools.llm.routing.health import Health, Resting, budgets_of, refused
from tools.llm.routing.route import NO_WISH, Entry, Lead, NoDeployment, Route, Trial, Wish, following
from tools.state.base import Admission

# What a deployment is asked, and whether with the simpler prompt.
Asking = Callable[[Deployment, bool], Ask]


@dataclass(frozen=True, slots=True)
class Discard:
    """What was told of the answer so far is no more: another deployment begins anew. *reason* says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Routed:
    """An answer, whose it is, and what it answers.

    ``tries`` counts all that were asked; ``cost`` is what the answer took, and ``drafts`` what those took who
    began and broke off, by our reckoning.
    """

    answer: Answer
    deployment: Deployment
    tries: int
    ask: Ask
    drafts: Cost = NOTHING
    cost: Cost = NOTHING


@dataclass(slots=True)
class _Way:
    """How far a question has come on its route."""

    left: list[Entry]
    trial: Trial | None = None  # the arm of an experiment that it goes by
    spender: Budget | None = None
    lead: Lead | None = None
    asked: Ask | None = None  # the last question of a stream
    told_chars: int = 0  # of its answer, so far
    drafts: Cost = NOTHING
    tries: int = 0
    simpler: bool = False
    reasons: list[str] = field(default_factory=list)
    last: ModelError | None = None

    def marked(self, ask: Ask) -> Ask:
        return self.trial.marked(ask) if self.trial else ask


class Router:
    """Asks by *client*; *health* is shared by all processes."""

    def __init__(
        self,
        client: ModelClient,
        health: Health,
        *,
        price: Price = lambda provider, model, usage: None,
        random: Callable[[], float] = random_share,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._health, self._price = client, health, price
        self._random, self._clock = random, clock
        self._resting = Resting(clock)

    async def complete(
        self,
        route: Route,
        asking: Asking,
        *,
        session_id: str = "",
        wish: Wish = NO_WISH,
        spender: Budget | None = None,
    ) -> Routed:
        """The answer of the first deployment that gives one, out of *spender*'s budget, too.

        Raises ModelError as the last one did, or NoDeployment where none could be asked.
        """
        pieces = self.ask(route, asking, stream=False, session_id=session_id, wish=wish, spender=spender)
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, Routed):
                    return piece
        raise AssertionError("A route answers or raises.")

    def stream(
        self,
        route: Route,
        asking: Asking,
        *,
        session_id: str = "",
        wish: Wish = NO_WISH,
        spender: Budget | None = None,
    ) -> AsyncGenerator[Delta | Discard | Routed]:
        """Each piece as it comes, a Discard where what was told is to be forgotten, the whole answer as the last.

        Raises as ``complete``, and ModelError where an answer ends that had begun to call a tool.
        """
        return self.ask(route, asking, stream=True, session_id=session_id, wish=wish, spender=spender)

    async def ask(
        self,
        route: Route,
        asking: Asking,
        *,
        stream: bool,
        session_id: str = "",
        wish: Wish = NO_WISH,
        spender: Budget | None = None,
        lead: Lead | None = None,
    ) -> AsyncGenerator[Delta | Discard | Routed]:
        """``stream``, or the same without pieces of answers; *lead* says who is asked first."""
        way = await self._begun(route, wish, spender, lead)
        while True:
            entry, admission = await self._next(route, way)
            began, moment = self._clock(), Moment.BEFORE
            try:
                ask = way.asked = way.marked(asking(entry.deployment, way.simpler))
                about = self._about(route, way)
                answer: Answer | None = None
                async with aclosing(self._answering(entry.deployment, ask, stream, session_id, about)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Answer):
                            answer = piece
                        else:
                            moment = moment_after(moment, piece)
                            way.told_chars += len(piece.text)
                            yield piece
                assert answer is not None
            except ModelError as error:
                self._failed(way, entry, admission, error, moment, self._clock() - began)
                if moment is Moment.TEXT:
                    yield Discard(way.reasons[-1])
                continue
            except BaseException:
                self._health.left(entry, admission)
                self._partly_spent(way, entry, was_at_work=True)
                raise
            self._health.worked(entry, admission, self._clock() - began)
            cost = self._spent(way, entry, answer)
            yield Routed(answer, entry.deployment, way.tries, ask, way.drafts, cost)
            return

    async def _begun(self, route: Route, wish: Wish, spender: Budget | None, lead: Lead | None) -> _Way:
        order, trial = route.tried(self._random, wish)
        # Whom an experiment may be about is not chosen by anything else.
        if lead is not None and not wish.trials:
            order = await lead.first(order, wish, self._resting.now())
        return _Way(order, trial, spender, lead, reasons=list(wish.avoid.values()))

    async def _answering(
        self, deployment: Deployment, ask: Ask, stream: bool, session_id: str, about: dict[str, Any]
    ) -> AsyncGenerator[Delta | Answer]:
        """The answer of *deployment*, behind its pieces where they are wanted."""
        if not stream:
            yield await self._client.complete(deployment, ask, session_id=session_id, about=about)
            return
        async with aclosing(self._client.stream(deployment, ask, session_id=session_id, about=about)) as pieces:
            async for piece in pieces:
                yield piece

    async def _next(self, route: Route, way: _Way) -> tuple[Entry, Admission]:
        """The next deployment that may be asked."""
        while way.left:
            entry = way.left[0]
            admission = await self._health.admitted(entry, way.spender)
            if not (why := refused(admission, budgets_of(entry, way.spender))):
                way.tries += 1
                return entry, admission
            way.reasons.append(f"{entry.deployment.name}: {why}")
            self._resting.note(entry, admission, why, way.spender)
            way.left.pop(0)
        if way.last is not None:
            raise way.last
        raise NoDeployment(route.name, way.reasons)

    def _failed(
        self, way: _Way, entry: Entry, admission: Admission, error: ModelError, moment: Moment, took_s: float
    ) -> None:
        """Note *error* and who is left after it. Raises it where nobody may be."""
        self._health.failed(entry, admission, error, took_s)
        self._partly_spent(way, entry, was_at_work=error.kind is ErrorKind.TIMEOUT)
        way.reasons.append(f"{entry.deployment.name}: {error.kind}")
        way.last = error
        follows = action(error.kind, moment)
        if follows is Action.FAIL:
            raise error
        if follows is Action.SIMPLER and not way.simpler:
            way.simpler = True
            return
        way.left = following(way.left, entry, follows)

    def _spent(self, way: _Way, entry: Entry, answer: Answer) -> Cost:
        """Count what *answer* took."""
        where = entry.deployment
        model = answer.model or where.model
        cost = cost_of(where.provider_name, model, answer.usage, answer.cost_usd, self._price)
        self._health.spent(entry, cost, way.spender)
        return cost

    def _partly_spent(self, way: _Way, entry: Entry, *, was_at_work: bool) -> None:
        """Count what an answer took that broke off: by our own reckoning, as no vendor says it then.

        Its question counts where the vendor *was at work* on it, though it had not told anything yet.
        """
        if way.asked is not None and (way.told_chars or was_at_work):
            usage = estimated(way.asked, way.told_chars)
            where = entry.deployment
            cost = cost_of(where.provider_name, where.model, usage, None, self._price)
            self._health.spent(entry, cost, way.spender)
            way.drafts += cost
        way.asked, way.told_chars = None, 0

    @staticmethod
    def _about(route: Route, way: _Way) -> dict[str, Any]:
        """What a try's span says of it."""
        about: dict[str, Any] = {semconv.ROUTE: route.name, semconv.ROUTE_TRY: way.tries}
        if way.reasons:
            about[semconv.ROUTE_REASON] = way.reasons[-1]
        if way.simpler:
            about[semconv.ROUTE_SIMPLER] = True
        if way.lead is not None:
            about |= way.lead.asked(way.left[0].deployment.name)
        return about


def moment_after(moment: Moment, piece: Delta) -> Moment:
    """How far an answer has come with *piece*."""
    if moment is Moment.CALL or piece.kind == "call":
        return Moment.CALL
    return Moment.TEXT
