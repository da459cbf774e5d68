"""The short way: a model that is asked in one line, and a conversation that keeps what was said."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Unpack

from tools.calls.request import Request
from tools.definition.tool import ToolDefinition
from tools.llm.adapters.base import Answer, Delta
from tools.llm.calling.client import ModelClient
from tools.llm.calling.deployment import Deployment
from tools.llm.routing import Route
from tools.llm.transcript import Part, Transcript
from tools.llm.turns.execute import NO_LIMITS, Event, Turns
from tools.llm.turns.question import Question, Telling, Words
from tools.llm.turns.turn import Called, Calling, Limits, Turn, TurnFailed

NOTHING_SAID = Transcript()


class Model:
    """A deployment, asked by *client*. ``about`` is what a ``Question`` has beside: tools, effort, …"""

    def __init__(
        self, deployment: Deployment, client: ModelClient, *, system: str | Telling = "", **about: Any
    ) -> None:
        """*system* is what it is told before all: words, or a ``Prompted``."""
        self.deployment = deployment
        self._client = client
        self._about = {"telling": Words(system) if isinstance(system, str) else system, **about}

    async def complete(self, said: str | Transcript, **about: Any) -> Answer:
        """The answer to *said*. Raises ModelError."""
        return await self._client.complete(self.deployment, self.question(said, **about).ask(self.deployment))

    def stream(self, said: str | Transcript, **about: Any) -> AsyncGenerator[Delta | Answer]:
        """Each piece of the answer to *said* as it comes; the last item is the whole of it."""
        return self._client.stream(self.deployment, self.question(said, **about).ask(self.deployment))

    def question(self, said: str | Transcript, **about: Any) -> Question:
        """What is asked: a text is a conversation's first words."""
        transcript = Transcript().ask(said) if isinstance(said, str) else said
        return Question(**{"transcript": transcript, **self._about, **about})


class Conversation:
    """What is said over one route, turn by turn; ``transcript`` is all of it, but for what was never answered.

    One turn at a time: who says something before the last is answered is told so.
    """

    def __init__(
        self,
        where: Route | Deployment | Model,
        turns: Turns,
        *,
        system: str | Telling = "",
        tools: Sequence[ToolDefinition[..., Any]] = (),
        limits: Limits = NO_LIMITS,
        transcript: Transcript = NOTHING_SAID,
    ) -> None:
        """*system* is what the model is told before all; of a ``Model`` it is its own."""
        self._turns, self._limits = turns, limits
        telling = Words(system) if isinstance(system, str) else system
        self._question = Question(transcript=NOTHING_SAID, telling=telling, tools=tools)
        self._route = where.deployment if isinstance(where, Model) else where
        if isinstance(where, Model):
            self._question = where.question(NOTHING_SAID, tools=tools)
        self.transcript = transcript
        self._is_busy = False

    async def say(self, *parts: Part | str, **request: Unpack[Request]) -> Turn:
        """The turn that the user begins with *parts*. *request* holds for each call of a tool.

        Raises ModelError where the model cannot be asked. The conversation is then as it was, or, where calls were
        made, as far as it came: say something to go on.
        """
        async with aclosing(self._events(parts, request, stream=False)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    return event
        raise AssertionError("A turn ends with itself.")

    def stream(self, *parts: Part | str, **request: Unpack[Request]) -> AsyncGenerator[Event]:
        """``say``, as it happens; the last is the Turn. Who closes it before ends the turn.

        Calls that were being made then are in the transcript, as calls of which nobody knows how they ended.
        """
        return self._events(parts, request, stream=True)

    async def _events(
        self, parts: Sequence[Part | str], request: Request, *, stream: bool
    ) -> AsyncGenerator[Event]:
        if self._is_busy:
            raise RuntimeError("The last turn is not over: wait for it before something else is said.")
        self._is_busy = True
        question = replace(self._question, transcript=self.transcript.ask(*parts))
        ask = self._turns.stream if stream else self._turns.whole
        try:
            async with aclosing(ask(self._route, question, limits=self._limits, **request)) as events:
                async for event in events:
                    if isinstance(event, Calling | Called):
                        self.transcript = event.turn.transcript
                    elif isinstance(event, Turn):
                        self.transcript = event.transcript
                        self._is_busy = False  # who has it may go, or go on
                    yield event
        except TurnFailed as error:
            if error.turn.answers:
                self.transcript = error.turn.transcript
            raise
        finally:
            self._is_busy = False
