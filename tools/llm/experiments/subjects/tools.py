"""Tools that can stand for each other. Who offers tools names them, so that no winner goes live from here."""

from collections.abc import Sequence
from typing import Any

from tools.decisions import live as decided
from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.models import Arm, Experiment, Run
from tools.llm.experiments.offered import as_offered
from tools.llm.experiments.subjects.base import Traffic
from tools.llm.experiments.subjects.routes import there
from tools.llm.prompts.models import PromptVersion
from tools.running.runtime import get_executor, tool_names


class Tools:
    permission = "experiments.change_experiment"
    by_model = True
    stays = (
        "A tool goes live where it is offered, and that is in the application: have it offer {arm} in place of "
        "{subject}, then stop the run."
    )

    def names(self) -> list[str]:
        return tool_names()

    def check(self, experiment: Experiment) -> None:
        there(self.names(), "tool", experiment.subject)

    def versions(self, subject: str, values: Sequence[str]) -> list[PromptVersion | None]:
        names = self.names()
        for value in values:
            there(names, "tool", value)
        return [None for _ in values]

    def now(self, value: str) -> str:
        there(self.names(), "tool", value)
        tool = get_executor().registry.get(value)
        if not decided.policy(tool).enabled:
            raise ExperimentError(f"The tool {value} is switched off: switch it on in the admin.")
        return as_offered(tool)

    def traffic(self, subject: str) -> Traffic:
        return Traffic(tool=subject)

    def promote(self, run: Run, arm: Arm, by: str, reason: str) -> dict[str, Any]:
        raise ExperimentError(self.stays.format(arm=arm.value, subject=run.subject))

    def take_back(self, run: Run, done: dict[str, Any], by: str, reason: str) -> None:
        raise ExperimentError("No tool was made live from here, so there is nothing to take back.")
