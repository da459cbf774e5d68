"""Counts that vendors' own correct, in this process: each answer tells how many tokens its question really was."""

from collections.abc import Callable, Sequence
from math import ceil

from tools.llm.adapters.base import Ask, Usage
from tools.llm.counting import asks
from tools.llm.transcript import Message, Origin

# Of less, most is what vendors put around it, which says nothing of longer ones.
LEAST_TOKENS = 200
LEAST, MOST = 0.4, 3.0
SLOWLY = 0.2


class Counts:
    """Of one process. What it learned is by deployment, of which there are a few."""

    def __init__(self) -> None:
        self._factors: dict[Origin, float] = {}

    def factor(self, origin: Origin) -> float:
        """By what an estimate is multiplied; 1 where nothing was learned yet."""
        return self._factors.get(origin, 1.0)

    def standing(self, ask: Ask) -> int:
        """The tokens of instructions and tools."""
        return ceil(asks.standing(ask) * self.factor(ask.origin))

    def messages(self, ask: Ask) -> Callable[[Sequence[Message]], int]:
        """What counts messages for who is asked."""
        factor = self.factor(ask.origin)
        return lambda said: ceil(asks.messages(said, ask.origin) * factor)

    def whole(self, ask: Ask) -> int:
        """The tokens of all that is sent."""
        return self.standing(ask) + self.messages(ask)(ask.transcript.messages)

    def learn(self, ask: Ask, usage: Usage | None) -> None:
        """Correct the next estimate by what the vendor says that *ask*, as it was sent, was.

        At once where it was more, as too little is refused by the vendor; slowly where it was less.
        """
        estimated = asks.standing(ask) + asks.messages(ask.transcript.messages, ask.origin)
        if usage is None or min(estimated, usage.input_tokens) < LEAST_TOKENS:
            return
        seen, before = min(max(usage.input_tokens / estimated, LEAST), MOST), self.factor(ask.origin)
        self._factors[ask.origin] = seen if seen > before else before + SLOWLY * (seen - before)
