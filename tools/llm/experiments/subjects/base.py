"""What a kind of subject can say and do. Queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tools.llm.experiments.models import Arm, Experiment, Run
from tools.llm.prompts.models import PromptVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """By what spans of a subject are found: its prompt, its tool, or the provider and name of its models."""

    prompt: str = ""
    tool: str = ""
    models: tuple[tuple[str, str], ...] = ()


class Kind(Protocol):
    """``permission`` is what it takes to make a winner live. ``by_model`` says whether arms are asked of the same
    models, so that units have to be split by the weights at each of them. ``stays`` says why no winner can go live
    here, and what to do instead; '' where it can.
    """

    permission: str
    by_model: bool
    stays: str

    def names(self) -> list[str]:
        """Those that there are."""

    def check(self, experiment: Experiment) -> None:
        """Raises BadPlan where there is no such subject."""

    def versions(self, subject: str, values: Sequence[str]) -> list[PromptVersion | None]:
        """Of a prompt those that *values* name. Raises BadPlan where *values* cannot be compared."""

    def now(self, value: str) -> str:
        """What an arm is, as a text; '' for what never changes. Raises ExperimentError where nobody can get it."""

    def traffic(self, subject: str) -> Traffic: ...

    def promote(self, run: Run, arm: Arm, by: str, reason: str) -> dict[str, Any]:
        """Give *arm* to all who would get the subject; what was so before, for the ledger.

        Raises ExperimentError.
        """

    def take_back(self, run: Run, done: dict[str, Any], by: str, reason: str) -> None:
        """Undo what ``promote`` has *done*. Raises ExperimentError where it was changed since."""
