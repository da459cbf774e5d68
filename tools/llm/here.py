"""The models of this installation, by the names that admins gave their routes and deployments.

What is asked here is recorded, routed and charged as every other call. In a process with Django set up.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings

from tools.definition.tool import ToolDefinition
from tools.llm import pricing
from tools.llm.adapters.base import Answer, Delta
from tools.llm.adjusting.adjuster import Adjuster
from tools.llm.adjusting.keeping import live as live_rungs
from tools.llm.calling import ModelClient
from tools.llm.choice.choices import Choices
from tools.llm.choice.learning import Came
from tools.llm.experiments import live as experiments
from tools.llm.providers import live
from tools.llm.routing import Discard, Routed
from tools.llm.routing.budget import Cost, usd_of
from tools.llm.routing.router import Asking
from tools.llm.transcript import Transcript
from tools.llm.turns import Conversation, Question, Turns
from tools.llm.turns.question import Telling, Words
from tools.running.executor import ToolExecutor
from tools.running.runtime import get_executor
from tools.selection.process import get_tool_selector
from tools.selection.selector import ToolSelector

DEFAULT = "default"
_turns: "WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[ToolExecutor, Turns]]" = WeakKeyDictionary()


def turns() -> Turns:
    """What runs turns on this event loop, over the process's executor; its connections to vendors are kept."""
    loop, executor = asyncio.get_running_loop(), get_executor()
    found = _turns.get(loop)
    if found is None or found[0] is not executor:
        found = _turns[loop] = (
            executor,
            Turns(
                ModelClient(),
                executor,
                adjuster=adjusting_of(executor),
                selector=chooser(),
                price=pricing.usd,
            ),
        )
    return found[1]


def chooser() -> ToolSelector | None:
    """Who chooses deployments and prompts; None while choice is switched off."""
    return get_tool_selector() if settings.TOOL_BANDIT_ENABLED else None


def adjusting_of(executor: ToolExecutor) -> Adjuster:
    """What moves prompts along their ladder, in all processes alike."""
    return Adjuster(executor.state, executor.reporter, live_rungs, rests=experiments.is_in_one)


async def conversation(
    route: str = DEFAULT, *, tools: Iterable[str | ToolDefinition[..., Any]] = (), **about: Any
) -> Conversation:
    """A conversation over *route*, or over a deployment of that name, with *tools* by their names.

    *about* as ``Conversation`` has it. Raises UnknownRoute and UnknownTool, which name near ones, and CannotAsk.
    """
    found = await asyncio.to_thread(live.route, route)
    registry = get_executor().registry
    offered = [registry.get(tool) if isinstance(tool, str) else tool for tool in tools]
    return Conversation(found, turns(), tools=offered, **about)


async def complete(
    said: str | Transcript, route: str = DEFAULT, *, system: str | Telling = "", **about: Any
) -> Answer:
    """One answer to *said*; calls in it are not made. *about* as ``Question`` has it. Raises ModelError."""
    [routed] = [piece async for piece in answered(said, route, system, about, stream=False)]
    assert isinstance(routed, Routed)
    return routed.answer


async def stream(
    said: str | Transcript, route: str = DEFAULT, *, system: str | Telling = "", **about: Any
) -> AsyncGenerator[Delta | Discard | Answer]:
    """``complete``, as it comes; the last item is the whole answer. Close it to stop the model."""
    async with aclosing(answered(said, route, system, about, stream=True)) as pieces:
        async for piece in pieces:
            yield piece if isinstance(piece, Delta | Discard) else piece.answer


async def answered(
    said: str | Transcript, route: str, system: str | Telling, about: dict[str, Any], *, stream: bool
) -> AsyncGenerator[Delta | Discard | Routed]:
    """What a route says to *said*; who is asked first may be chosen, and is told how it went."""
    found = await asyncio.to_thread(live.route, route)
    choices, began, spent = Choices(chooser()), time.monotonic(), Cost()

    def came() -> Came:
        return Came(answered=True, took_ms=(time.monotonic() - began) * 1000, usd=float(usd_of(spent.parts)))

    pieces = turns().router.ask(found, asking(said, system, about), stream=stream, lead=choices)
    with choices.learning(came):
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, Routed):
                    routed, spent = piece, piece.cost + piece.drafts
                else:
                    yield piece
    yield routed


def asking(said: str | Transcript, system: str | Telling, about: dict[str, Any]) -> Asking:
    """What each deployment of a route is asked."""
    transcript = Transcript().ask(said) if isinstance(said, str) else said
    telling = Words(system) if isinstance(system, str) else system
    question = Question(**{"transcript": transcript, "telling": telling, **about})
    return lambda deployment, simpler: question.at(deployment, simpler=simpler)
