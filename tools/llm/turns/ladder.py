"""Where a turn goes when a model calls wrongly: to the simpler prompt first, then to another model."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tools.llm.calling.deployment import Deployment
from tools.llm.prompts.families import Rung
from tools.llm.turns.question import Question

# For so long it is remembered that a model needs the simpler prompt; then the whole one has its chance again.
REMEMBERED_S = 900.0
MOST_REMEMBERED = 10_000


class Remembered:
    """What worked, of one process: the rung at which a deployment called rightly, by deployment and prompt."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rungs: dict[tuple[str, str], tuple[Rung, float]] = {}

    def rung(self, deployment: str, prompt: str) -> Rung:
        rung, until = self._rungs.get((deployment, prompt), (Rung.DETAILED, 0.0))
        return rung if self._clock() < until else Rung.DETAILED

    def worked(self, deployment: str, prompt: str, rung: Rung) -> None:
        """Begin with *rung* next time; the whole prompt needs no memory."""
        if rung is Rung.DETAILED:
            return
        if len(self._rungs) >= MOST_REMEMBERED:
            self._rungs.clear()
        self._rungs[deployment, prompt] = (rung, self._clock() + REMEMBERED_S)


@dataclass(slots=True)
class Ladder:
    """How far one turn has come on it. ``avoided`` says of deployments why others are asked before them."""

    remembered: Remembered
    rungs: dict[str, Rung] = field(default_factory=dict)
    avoided: dict[str, str] = field(default_factory=dict)

    def rung(self, deployment: Deployment, question: Question) -> Rung:
        """At which *deployment* is asked now."""
        name = deployment.name
        return self.rungs.get(name) or self.remembered.rung(name, question.telling.name)

    def called(self, deployment: Deployment, question: Question, rung: Rung, wrong: Collection[str]) -> None:
        """Note how a round's calls went that *deployment* was asked for at *rung*.

        *wrong* are the tools that were called wrongly.
        """
        name = deployment.name
        if not wrong:
            self.remembered.worked(name, question.telling.name, rung)
        elif simpler := question.next_rung(deployment, rung):
            self.rungs[name] = simpler
        else:
            self.avoided[name] = f"{name}: it called {', '.join(sorted(wrong))} wrongly"
