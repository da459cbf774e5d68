"""Routes: a winner's deployments become those of the subject, so that who names it is led there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.errors import ToolError
from tools.llm.experiments import kinds
from tools.llm.experiments.errors import BadPlan, ExperimentError
from tools.llm.experiments.models import Arm, Experiment, Run
from tools.llm.experiments.subjects import entries
from tools.llm.experiments.subjects.base import Traffic
from tools.llm.prompts.models import PromptVersion
from tools.llm.prompts.variables import listed
from tools.llm.providers.models import Route

if TYPE_CHECKING:
    from tools.llm.providers.snapshot import Snapshot


class Routes:
    permission = "providers.change_route"
    by_model = False
    stays = ""

    def names(self) -> list[str]:
        return list(Route.objects.order_by("name").values_list("name", flat=True))

    def check(self, experiment: Experiment) -> None:
        there(self.names(), "route", experiment.subject)

    def versions(self, subject: str, values: Sequence[str]) -> list[PromptVersion | None]:
        names = self.names()
        for value in values:
            there(names, "route", value)
        return [None for _ in values]

    def now(self, value: str) -> str:
        snapshot = known()
        if value not in snapshot.routes:
            raise ExperimentError(f"There is no route {value!r} any more.")
        askable(snapshot.route, value)
        return kinds.of_route(snapshot.routes[value])

    def traffic(self, subject: str) -> Traffic:
        """Of whom it asks first: no column has the route."""
        found = known().routes.get(subject, ())
        first = min((entry.rank for entry in found), default=0)
        asked = [entry.deployment for entry in found if entry.rank == first]
        return Traffic(models=tuple((each.provider_name, each.model) for each in asked))

    def promote(self, run: Run, arm: Arm, by: str, reason: str) -> dict[str, Any]:
        if arm.value == run.subject:
            return entries.rewrite({}, "")
        winner = entries.held([arm.value])[arm.value]
        return entries.rewrite({run.subject: entries.rows_of(winner)}, f"{run}: {reason}")

    def take_back(self, run: Run, done: dict[str, Any], by: str, reason: str) -> None:
        entries.put_back(done, f"{run}, taken back: {reason}")


def there(names: Sequence[str], noun: str, name: str) -> None:
    """Raises BadPlan where *name* is none of *names*."""
    if name not in names:
        raise BadPlan(f"There is no {noun} {name[:100]!r}; there are {listed(names) or 'none'}.")


def known() -> "Snapshot":
    """Deployments and routes as they are at this moment."""
    from tools.llm.providers.reading import read_snapshot  # what asks models, which most pages do without

    return read_snapshot()


def askable(found: Any, name: str) -> Any:
    """What *found* finds by *name*. Raises ExperimentError, as it does for what cannot be asked now."""
    try:
        return found(name)
    except ToolError as error:
        raise ExperimentError(str(error)) from None
