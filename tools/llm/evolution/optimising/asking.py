"""Asks models within a budget: nothing is sent whose most is not reserved, and each answer is settled."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from math import ceil

from tools.llm.adapters.base import Answer, Ask, Usage
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.calling import Deployment
from tools.llm.calling.client import NOT_SENT
from tools.llm.evolution.optimising.budget import NOTHING, Amount, Budget, Over, Why
from tools.llm.pricing import Price
from tools.llm.prompts.errors import PromptError
from tools.llm.routing import Route, Router
from tools.llm.routing.budget import estimated
from tools.llm.routing.route import NoDeployment
from tools.llm.turns.question import Question

SIDE_BY_SIDE = 4
# Whatever its deployment allows: a run has to tell now and then that it goes on.
MOST_ANSWER_S = 180.0
# How many tokens a question may come to, of those that are estimated: long numbers are more than is counted.
MARGIN = 2
# One after another, and nobody is asked any more.
MOST_FAILURES = 5
Said = Answer | ModelError | PromptError


@dataclass(slots=True)
class Asker:
    """Asks by *router*, on *loop*; *going_on* is called between, and may raise Over.

    ``trouble`` is what the last one said who could not be asked.
    """

    router: Router
    budget: Budget
    price: Price
    loop: asyncio.Runner
    going_on: Callable[[], None] = lambda: None
    trouble: str = ""
    _failures: int = field(default=0, init=False)

    def ask(self, route: Route, questions: Sequence[Question], *, calls: int) -> list[Said]:
        """What each of *questions* is answered; each counts as so many *calls*.

        Raises Over: before anybody is asked where there are too few calls for all of them, and between where
        what is next might not fit.
        """
        if why := self.budget.lacks(Amount(calls * len(questions))):
            raise Over(why)
        waiting = deque((question, self.most(route, question, calls)) for question in questions)
        said: list[Said] = []
        while waiting:
            self.going_on()
            chunk = [waiting.popleft() for _ in range(min(SIDE_BY_SIDE, len(waiting)))]
            self.budget.take(sum((most for _, most in chunk), NOTHING))
            said += self.loop.run(self._side_by_side(route, chunk))
        return said

    def most(self, route: Route, question: Question, calls: int) -> Amount:
        """What an answer can cost. Raises PromptError for a text that cannot be sent."""
        where = route.entries[0].deployment
        counted = estimated(question.ask(where), 0).input_tokens
        usage = Usage(ceil(counted * MARGIN), question.max_output_tokens)
        return Amount(calls, usage.input_tokens + usage.output_tokens, self._usd(where, usage))

    def _usd(self, where: Deployment, usage: Usage) -> Decimal:
        return self.price(where.provider_name, where.model, usage) or Decimal(0)

    async def _side_by_side(self, route: Route, chunk: Sequence[tuple[Question, Amount]]) -> list[Said]:
        """Each of *chunk*, within the time that is left. Raises Over."""
        try:
            async with asyncio.timeout(self.budget.left_s()):
                said = await asyncio.gather(*(self._one(route, *each) for each in chunk))
        except TimeoutError:
            raise Over(Why.TIME) from None
        for each in said:
            self._failures = self._failures + 1 if isinstance(each, ModelError) else 0
            if isinstance(each, ModelError):
                self.trouble = str(each)
        if self._failures >= MOST_FAILURES:
            raise Over(Why.UNREACHABLE)
        return said

    async def _one(self, route: Route, question: Question, most: Amount) -> Said:
        cost = most  # who breaks off may have to be paid
        try:
            async with asyncio.timeout(MOST_ANSWER_S):
                routed = await self.router.complete(route, partial(once, question))
        except TimeoutError:
            return ModelError(ErrorKind.TIMEOUT, f"{route.name} took longer than {MOST_ANSWER_S:g} s")
        except (ModelError, PromptError) as error:
            is_asked = isinstance(error, ModelError) and error.kind not in NOT_SENT
            if not is_asked or isinstance(error, NoDeployment):
                cost = NOTHING
            return error
        else:
            cost = self._cost(routed.deployment, routed.answer, most)
            return routed.answer
        finally:
            self.budget.settle(most, cost)

    def _cost(self, where: Deployment, answer: Answer, most: Amount) -> Amount:
        """What *answer* cost; the most where its vendor does not say."""
        usage = answer.usage
        if usage is None:
            return most if answer.cost_usd is None else Amount(most.calls, most.tokens, answer.cost_usd)
        usd = self._usd(where, usage) if answer.cost_usd is None else answer.cost_usd
        return Amount(most.calls, usage.input_tokens + usage.output_tokens, usd)


def once(question: Question, deployment: Deployment, simpler: bool) -> Ask:
    """*question*; no second time in simpler words, which nobody has reserved."""
    if simpler:
        raise ModelError(ErrorKind.INVALID, "The answer cannot be read, and is not asked for again")
    return question.ask(deployment)
