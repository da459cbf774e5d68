"""What models are told of tools: as admins have it, by a prompt or in the tool's own settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.decisions import live as policies
from tools.definition.tool import ToolDefinition
from tools.llm.calling.deployment import Deployment
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

    @property
    def key(self) -> str:
        return self.telling.key

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        told = self.telling(deployment, rung)
        return replace(told, descriptions=descriptions(self.tools, deployment.model, rung))


@dataclass(frozen=True, slots=True)
class DescribedBy:
    """*telling*, but of *tool* what just this *version* of its prompt says, labels or none."""

    telling: Telling
    tool: str
    version: Version

    @property
    def key(self) -> str:
        return self.version.name

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        told = self.telling(deployment, rung)
        said = self.version.rendered(family_of(deployment.model), rung, {}).text
        return replace(told, descriptions={**told.descriptions, self.tool: said})


def descriptions(tools: Iterable[ToolDefinition[..., Any]], model: str, rung: Rung) -> Mapping[str, str]:
    """What *model* is told of each of *tools* in place of what the code says; Raises CannotRender."""
    found = {}
    for tool in tools:
        if live.is_live(prompt_of(tool.name)):
            found[tool.name] = live.rendered(prompt_of(tool.name), model=model, rung=rung).text
        elif edited := policies.policy(tool).description:
            found[tool.name] = edited
    return found
