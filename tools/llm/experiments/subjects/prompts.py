"""Versions of a prompt: an arm is a number, and a winner is what the label points at."""

from collections.abc import Sequence
from typing import Any

from tools.llm.experiments.errors import BadPlan, ExperimentError
from tools.llm.experiments.models import Arm, Experiment, Run
from tools.llm.experiments.subjects.base import Traffic
from tools.llm.prompts import labels
from tools.llm.prompts.errors import PromptError
from tools.llm.prompts.models import Label, Prompt, PromptVersion
from tools.llm.prompts.of_tools import PREFIX, described_by
from tools.running.runtime import tool_names


class Prompts:
    permission = "prompts.change_prompt"
    by_model = True
    stays = ""

    def names(self) -> list[str]:
        return list(Prompt.objects.order_by("name").values_list("name", flat=True))

    def check(self, experiment: Experiment) -> None:
        prompt = Prompt.objects.filter(name=experiment.subject).first()
        if prompt is None:
            raise BadPlan(f"There is no prompt {experiment.subject!r}.")
        if not prompt.labels.filter(name=experiment.label).exists():
            raise BadPlan(f"The prompt {prompt.name} has no label {experiment.label!r}.")

    def versions(self, subject: str, values: Sequence[str]) -> list[PromptVersion | None]:
        for value in values:
            if not (value.isdecimal() and len(value) < 9):
                raise BadPlan(f"A version is a number, and not {value[:50]!r}.")
        rows = PromptVersion.objects.filter(prompt__name=subject, number__in=[int(value) for value in values])
        found = {version.number: version for version in rows.select_related("prompt")}
        for value in values:
            if int(value) not in found:
                raise BadPlan(f"The prompt {subject} has no version {value}.")
        versions = [found[int(value)] for value in values]
        for version in versions[1:]:
            if taken_by(version) != taken_by(versions[0]):
                raise BadPlan(
                    f"{version} takes other variables than {versions[0]}: "
                    "who gives those of one cannot be sent both."
                )
        return [*versions]

    def now(self, value: str) -> str:
        return ""

    def traffic(self, subject: str) -> Traffic:
        tool = described_by(subject, tool_names()) if subject.startswith(PREFIX) else ""
        return Traffic(prompt=subject, tool=tool)

    def promote(self, run: Run, arm: Arm, by: str, reason: str) -> dict[str, Any]:
        label = label_of(run, run.experiment.label)
        came_from = label.version.number if label.version else None
        version = arm.version
        assert version is not None  # each of a prompt's arms has one
        if label.version_id != version.pk:
            moved(label, version, by=by, reason=f"{run}: {reason}")
        return {"version": version.number, "label": label.name, "label_before": came_from}

    def take_back(self, run: Run, done: dict[str, Any], by: str, reason: str) -> None:
        """Point the label where it pointed before, if it still points where that has moved it."""
        before, after = done["label_before"], done["version"]
        if before == after:
            return
        label = label_of(run, done["label"])
        if label.version is None or label.version.number != after:
            raise ExperimentError(f"{label.name} was moved since, so it stays where it is: move it by hand.")
        if before is None:
            raise ExperimentError(f"{label.name} pointed at nothing before, and cannot again: move it by hand.")
        version = label.prompt.versions.get(number=before)
        moved(label, version, by=by, reason=f"{run}, taken back: {reason}")


def taken_by(version: PromptVersion) -> set[tuple[str, bool]]:
    """The variables of *version*, and whether each has to be given."""
    return {(variable.name, variable.required) for variable in version.declared()}


def label_of(run: Run, name: str) -> Label:
    return Label.objects.select_related("version", "prompt").get(prompt__name=run.subject, name=name)


def moved(label: Label, version: PromptVersion, *, by: str, reason: str) -> None:
    try:
        labels.move(label, version, by=by, reason=reason)
    except PromptError as error:
        raise ExperimentError(str(error)) from None
