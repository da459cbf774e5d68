"""Models by the deployments at which they are asked: a winner takes the subject's place in all routes."""

from collections.abc import Sequence
from typing import Any

from tools.llm.experiments import kinds
from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.models import Arm, Experiment, Run
from tools.llm.experiments.subjects import entries
from tools.llm.experiments.subjects.base import Traffic
from tools.llm.experiments.subjects.routes import askable, known, there
from tools.llm.prompts.models import PromptVersion
from tools.llm.providers.models import Deployment, Route


class Deployments:
    permission = "providers.change_route"
    by_model = False
    stays = ""

    def names(self) -> list[str]:
        return list(Deployment.objects.order_by("name").values_list("name", flat=True))

    def check(self, experiment: Experiment) -> None:
        there(self.names(), "deployment", experiment.subject)

    def versions(self, subject: str, values: Sequence[str]) -> list[PromptVersion | None]:
        names = self.names()
        for value in values:
            there(names, "deployment", value)
        return [None for _ in values]

    def now(self, value: str) -> str:
        return kinds.of_deployment(askable(known().deployment, value).origin)

    def traffic(self, subject: str) -> Traffic:
        found = known().deployments.get(subject)
        return Traffic(models=((found.deployment.provider_name, found.deployment.model),) if found else ())

    def promote(self, run: Run, arm: Arm, by: str, reason: str) -> dict[str, Any]:
        if arm.value == run.subject:
            return entries.rewrite({}, "")
        routes = Route.objects.filter(entries__deployment__name=run.subject).order_by("name")
        after = {route.name: changed_places(entries.rows_of(route), run.subject, arm.value) for route in routes}
        if not after:
            raise ExperimentError(
                f"No route leads to {run.subject}, so there is nothing to change here: "
                f"have those who ask for {run.subject} by its name ask for {arm.value}."
            )
        return entries.rewrite(after, f"{run}: {reason}")

    def take_back(self, run: Run, done: dict[str, Any], by: str, reason: str) -> None:
        entries.put_back(done, f"{run}, taken back: {reason}")


def changed_places(rows: entries.Rows, subject: str, winner: str) -> entries.Rows:
    """*rows* with *winner* where *subject* was, and *subject* where *winner* was, if it was there."""
    renamed = {subject: winner, winner: subject}
    return [row | {"deployment": renamed.get(row["deployment"], row["deployment"])} for row in rows]
