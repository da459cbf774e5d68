"""What a run asks: suite by suite, each case of each deployment, told by each version, so many times. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.definition.tool import ToolDefinition
from tools.llm.evaluation.grading import Did, Grade
from tools.llm.evaluation.suite import Case, Suite

if TYPE_CHECKING:  # a page of the admin needs neither, nor what asks models
    from tools.llm.routing import Route
    from tools.llm.turns.question import Telling

Offered = Sequence[ToolDefinition[..., Any]]
# What stands for the version of a suite that has no prompt.
NO_PROMPT = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom to ask. ``costs``: a vendor is paid for the answer."""

    name: str
    provider: str
    model: str
    route: "Route"
    costs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a suite is told. ``asked`` is the label or number that somebody wrote, ``version`` which that was.

    ``telling`` makes what a case's model is told, of the case's variables and tools.
    """

    asked: str
    version: str
    telling: "Callable[[Mapping[str, Any], Offered], Telling]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One case, asked once."""

    suite: Suite
    case: Case
    target: Target
    asked: Asked
    repetition: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A cell with what came of it."""

    cell: Cell
    did: Did
    grade: Grade


def cells(
    suites: Sequence[tuple[Suite, Sequence[Asked]]], targets: Sequence[Target], repetitions: int
) -> Iterator[Cell]:
    """All that is to be asked. Deployments take turns, so that none is asked all at once."""
    for repetition in range(1, repetitions + 1):
        for suite, told in suites:
            for asked in told:
                for case in suite.cases:
                    for target in targets:
                        yield Cell(suite=suite, case=case, target=target, asked=asked, repetition=repetition)
