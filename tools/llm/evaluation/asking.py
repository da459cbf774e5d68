"""One cell is asked: a turn, whose tools answer what the case says."""

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from opentelemetry.trace import NoOpTracer

from tools.errors import InvalidArguments, ToolError, UnknownTool
from tools.llm import pricing
from tools.llm.adapters.errors import ModelError
from tools.llm.calling import ModelClient
from tools.llm.evaluation.grading import Did, Made, Wrong
from tools.llm.evaluation.plan import Cell
from tools.llm.evaluation.sandbox import Sandbox, within
from tools.llm.prompts.errors import PromptError
from tools.llm.routing import Router
from tools.llm.routing.health import Health
from tools.llm.turns import EndedBy, Limits, Question, Turn, TurnFailed, Turns
from tools.llm.turns.turn import Called
from tools.state.memory import MemoryState

AGENT = "evaluation"
LIMITS = Limits(rounds=6, seconds=120.0)
ANSWERED = (EndedBy.ANSWER, EndedBy.LENGTH)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks by *client*. *shared* has the budgets and rests of real deployments; None: each cell begins anew.

    Nothing of it is recorded as a span: an evaluation is in nobody's figures.
    """

    client: ModelClient
    sandbox: Sandbox
    shared: Health | None = None
    clock: Callable[[], float] = time.perf_counter

    async def ask(self, cell: Cell) -> Did:
        """What the model did in *cell*."""
        tools = [self.sandbox.registry.get(name) for name in cell.case.tools]
        telling = cell.asked.telling(cell.case.variables, tools)
        question = Question(transcript=cell.case.said, telling=telling, tools=tools)
        began, called = self.clock(), list[Called]()
        with within(cell.case.results):
            try:
                turn, error = await self._turn(cell, question, called), ""
            except TurnFailed as failed:
                turn, error = failed.turn, str(failed)
            except (ModelError, PromptError, ToolError) as failed:
                turn, error = Turn(transcript=cell.case.said), str(failed)
        if not error and turn.ended_by not in ANSWERED:
            error = f"The turn ended by its limit of {turn.ended_by.value} before there was an answer."
        return Did(
            calls=tuple(made_of(each) for each in called),
            text=turn.text,
            usd=float(turn.usd),
            latency_ms=(self.clock() - began) * 1000,
            tokens=turn.tokens,
            rounds=len(turn.answers),
            error=error,
        )

    async def _turn(self, cell: Cell, question: Question, called: list[Called]) -> Turn:
        """The turn of *question*; its calls go to *called* as they are made."""
        executor = self.sandbox.executor
        health = self.shared or Health(MemoryState(), executor.reporter)
        tracer = NoOpTracer()
        turns = Turns(
            self.client,
            executor,
            router=Router(self.client, health, price=pricing.usd),
            price=pricing.usd,
            tracer=tracer,
        )
        about: dict[str, Any] = {"caller_role": cell.suite.role}
        events = turns.whole(cell.target.route, question, limits=LIMITS, agent=AGENT, **about)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Called):
                    called.append(event)
                elif isinstance(event, Turn):
                    return event
        raise AssertionError("A turn ends with itself.")


def made_of(called: Called) -> Made:
    """The call for who judges it: whether it could run, as the tool's schema says."""
    call, ending = called.call, called.ending
    made = Made(tool=call.name, arguments=call.arguments)
    if call.problem:
        return replace(made, wrong=Wrong.UNREADABLE, said=call.problem)
    if isinstance(ending, UnknownTool):
        return replace(made, wrong=Wrong.UNKNOWN_TOOL, said=ending.detail)
    if isinstance(ending, InvalidArguments):
        return replace(made, wrong=Wrong.REFUSED, said=ending.detail)
    return made
