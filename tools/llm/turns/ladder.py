"""Where a turn goes when a model calls wrongly: to the simpler prompt first, then to another model."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tools.llm.adjusting.adjuster import Adjuster
from tools.llm.adjusting.keeping import Place
from tools.llm.calling.deployment import Deployment
from tools.llm.prompts.families import Rung
from tools.llm.turns.question import Question

# For so long a conversation goes on with the simpler prompt that its model needed.
REMEMBERED_S = 900.0
MOST_REMEMBERED = 10_000
At = tuple[str, Place]


class Remembered:
    """What worked in conversations, as far as this process had them: the rung, by session, deployment and prompt.

    What one conversation needed says little of others: that is for the adjuster, who counts them all.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rungs: dict[At, tuple[Rung, float]] = {}

    def rung(self, at: At) -> Rung | None:
        found = self._rungs.get(at)
        return found[0] if found and self._clock() < found[1] else None

    def worked(self, at: At, rung: Rung) -> None:
        """Begin with *rung* next time; the whole prompt needs no memory, nor has one turn by itself any."""
        if rung is Rung.DETAILED or not at[0]:
            return
        if len(self._rungs) >= MOST_REMEMBERED:
            self._rungs.clear()
        self._rungs[at] = (rung, self._clock() + REMEMBERED_S)


@dataclass(slots=True)
class Ladder:
    """How far one turn has come on it. ``avoided`` says of deployments why others are asked before them."""

    remembered: Remembered
    adjuster: Adjuster
    session_id: str = ""
    rungs: dict[str, Rung] = field(default_factory=dict)
    avoided: dict[str, str] = field(default_factory=dict)

    def rung(self, deployment: Deployment, question: Question) -> Rung:
        """At which *deployment* is asked now; in one turn it only ever goes down."""
        name = deployment.name
        if name not in self.rungs:
            place = place_of(deployment, question)
            self.rungs[name] = self.remembered.rung((self.session_id, place)) or self.adjuster.rung(place)
        return self.rungs[name]

    def answered(self, deployment: Deployment, question: Question, rung: Rung) -> None:
        """Note that *deployment* answered at *rung*: where that is a simpler one, nobody could read it before."""
        before = self.rung(deployment, question)
        if rung is not before:
            self.adjuster.told(place_of(deployment, question), before, rung, right=False)
            self.rungs[deployment.name] = rung

    def called(self, deployment: Deployment, question: Question, rung: Rung, wrong: Collection[str]) -> None:
        """Note how a round's calls went that *deployment* was asked for at *rung*.

        *wrong* are the tools that were called wrongly.
        """
        name, place = deployment.name, place_of(deployment, question)
        simpler = question.next_rung(deployment, rung)
        self.adjuster.told(place, rung, simpler, right=not wrong)
        if not wrong:
            self.remembered.worked((self.session_id, place), rung)
        elif simpler:
            self.rungs[name] = simpler
        else:
            self.avoided[name] = f"{name}: it called {', '.join(sorted(wrong))} wrongly"


def place_of(deployment: Deployment, question: Question) -> Place:
    return Place(question.telling.key, deployment.name)
