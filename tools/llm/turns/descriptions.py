"""What models are told of tools: as admins have it, by a prompt or in the tool's own settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.decisions import live as policies
from tools.definition.tool import ToolDefinition
from tools.llm.calling.deployment import Deployment
from tools.llm.experiments.choosing import rendered
from tools.llm.experiments.given import Given
from tools.llm.experiments.units import NO_UNITS, Units
from tools.llm.prompts import live
from tools.llm.prompts.families import Rung, family_of
from tools.llm.prompts.of_tools import prompt_of
from tools.llm.prompts.rendering import Version
from tools.llm.turns.question import Telling, Told


@dataclass(frozen=True, slots=True)
class Described:
    """*telling*, and of *tools* what admins have written: acts within two seconds of an edit.

    A prompt ``tool-…`` has a text for each family of models; else the tool's own description holds.
    """

    telling: Telling
    tools: tuple[ToolDefinition[..., Any], ...]
    units: Units = NO_UNITS

    @property
    def key(self) -> str:
        return self.telling.key

    @property
    def prompts(self) -> tuple[str, ...]:
        of_tools = (prompt_of(tool.name) for tool in self.tools)
        return (*self.telling.prompts, *(name for name in of_tools if live.is_live(name)))

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        told = self.telling(deployment, rung)
        said, given = described(self.tools, deployment.model, rung, self.units)
        return replace(told, descriptions=said, given=(*told.given, *given))

    def of(self, units: Units) -> Telling:
        return replace(self, telling=self.telling.of(units), units=units)


@dataclass(frozen=True, slots=True)
class DescribedBy:
    """*telling*, but of *tool* what just this *version* of its prompt says, labels or none."""

    telling: Telling
    tool: str
    version: Version
    prompts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.version.name

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        told = self.telling(deployment, rung)
        said = self.version.rendered(family_of(deployment.model), rung, {}).text
        return replace(told, descriptions={**told.descriptions, self.tool: said})

    def of(self, units: Units) -> Telling:
        return self  # who tries a version is in no experiment


def descriptions(tools: Iterable[ToolDefinition[..., Any]], model: str, rung: Rung) -> Mapping[str, str]:
    """What *model* is told of each of *tools* in place of what the code says; Raises CannotRender."""
    return described(tools, model, rung, NO_UNITS)[0]


def described(
    tools: Iterable[ToolDefinition[..., Any]], model: str, rung: Rung, units: Units
) -> tuple[Mapping[str, str], tuple[Given, ...]]:
    """``descriptions``, and the arms of *units* by which they are so."""
    found, given = dict[str, str](), list[Given]()
    for tool in tools:
        if live.is_live(prompt_of(tool.name)):
            said, arms = rendered(prompt_of(tool.name), model=model, rung=rung, units=units, tool=tool.name)
            found[tool.name] = said.text
            given += arms
        elif edited := policies.policy(tool).description:
            found[tool.name] = edited
    return found, tuple(given)
