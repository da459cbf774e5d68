"""The short way: a model that is asked in one line, and a conversation that keeps what was said."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Unpack

from tools.calls.request import Request
from tools.definition.tool import ToolDefinition
from tools.llm.adapters.base import Answer, Ask, Delta
from tools.llm.calling.client import ModelClient
from tools.llm.calling.deployment import Deployment
from tools.llm.calling.turn import Limits, Turn, TurnFailed, Turns
from tools.llm.transcript import Part, Transcript

NO_LIMITS, NOTHING_SAID = Limits(), Transcript()


class Model:
    """A deployment, asked by *client*. ``about`` is what an ``Ask`` has beside: system, tools, effort, …"""

    def __init__(self, deployment: Deployment, client: ModelClient, **about: Any) -> None:
        self.deployment = deployment
        self._client, self._about = client, about

    async def complete(self, said: str | Transcript, **about: Any) -> Answer:
        """The answer to *said*. Raises ModelError."""
        return await self._client.complete(self.deployment, self.ask(said, **about))

    def stream(self, said: str | Transcript, **about: Any) -> AsyncGenerator[Delta | Answer]:
        """Each piece of the answer to *said* as it comes; the last item is the whole of it."""
        return self._client.stream(self.deployment, self.ask(said, stream=True, **about))

    def ask(self, said: str | Transcript, **about: Any) -> Ask:
        """What is asked: a text is a conversation's first words."""
        transcript = Transcript().ask(said) if isinstance(said, str) else said
        origin, can = self.deployment.origin, self.deployment.can
        return Ask(**{"origin": origin, "can": can, "transcript": transcript, **self._about, **about})


class Conversation:
    """What is said with one model, turn by turn; ``transcript`` is all of it, but for what was never answered.

    One turn at a time: who says something before the last is answered is told so.
    """

    def __init__(
        self,
        model: Model,
        turns: Turns,
        *,
        tools: Sequence[ToolDefinition[..., Any]] = (),
        limits: Limits = NO_LIMITS,
        transcript: Transcript = NOTHING_SAID,
    ) -> None:
        self._model, self._turns, self._tools, self._limits = model, turns, tools, limits
        self.transcript = transcript
        self._is_busy = False

    async def say(self, *parts: Part | str, **request: Unpack[Request]) -> Turn:
        """The turn that the user begins with *parts*. *request* holds for each call of a tool.

        Raises ModelError where the model cannot be asked. The conversation is then as it was, or, where calls were
        made, as far as it came: say something to go on.
        """
        if self._is_busy:
            raise RuntimeError("The last turn is not over: wait for it before something else is said.")
        self._is_busy = True
        try:
            asked = self.transcript.ask(*parts)
            question = self._model.ask(asked, tools=self._tools)
            turn = await self._turns.execute(self._model.deployment, question, limits=self._limits, **request)
            self.transcript = turn.transcript
            return turn
        except TurnFailed as error:
            if error.turn.answers:
                self.transcript = error.turn.transcript
            raise
        finally:
            self._is_busy = False
