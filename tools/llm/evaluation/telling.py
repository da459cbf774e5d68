"""What models are told in an evaluation: a version of a prompt, by its label or number, at one rung. Queries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tools.llm.calling.deployment import Deployment
from tools.llm.evaluation.errors import CannotEvaluate
from tools.llm.evaluation.plan import NO_PROMPT, Asked, Offered
from tools.llm.evaluation.suite import Suite
from tools.llm.experiments.units import Units
from tools.llm.prompts.errors import CannotRender
from tools.llm.prompts.families import Rung
from tools.llm.prompts.of_tools import described_by
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.variables import listed, values_of
from tools.llm.turns.descriptions import Described, DescribedBy
from tools.llm.turns.question import NO_WORDS, Exactly, Telling, Told, Words


@dataclass(frozen=True, slots=True)
class AtRung:
    """*telling*, never with more words than *rung* has."""

    telling: Telling
    rung: Rung
    prompts: tuple[str, ...] = ()  # nothing is chosen where versions are compared

    @property
    def key(self) -> str:
        return self.telling.key

    def of(self, units: Units) -> Telling:
        return replace(self, telling=self.telling.of(units))

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        rungs = list(Rung)
        return self.telling(deployment, max(rung, self.rung, key=rungs.index))


def asked_of(suite: Suite, versions: Sequence[str], rung: Rung) -> list[Asked]:
    """What *suite* is told, once for each of *versions*; a suite without a prompt once. Raises CannotEvaluate."""
    if not suite.prompt:
        return [Asked(asked=NO_PROMPT, version="", telling=_words(suite.system))]
    told = []
    for asked in versions:
        version = found(suite.prompt, asked)
        if faults := list(_faults(suite, version)):
            raise CannotEvaluate("\n".join(faults))
        told.append(Asked(asked=asked, version=version.name, telling=_by(version, rung)))
    return told


def _faults(suite: Suite, version: Version) -> Iterator[str]:
    """Which cases do not say what *version* wants to be told."""
    for case in suite.cases:
        if described_by(version.prompt, case.tools):
            continue
        try:
            values_of(version.variables, _known(case.variables, version), version.name)
        except CannotRender as error:
            yield f"{suite.name}, case {case.name!r}, variables: {error} Write it into the suite or the case."


def _known(variables: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """Those of *variables* that *version* has."""
    names = {one.name for one in version.variables}
    return {name: value for name, value in variables.items() if name in names}


def _words(system: str) -> Callable[[Mapping[str, Any], Offered], Telling]:
    return lambda variables, offered: Described(Words(system), tuple(offered))


def _by(version: Version, rung: Rung) -> Callable[[Mapping[str, Any], Offered], Telling]:
    def telling(variables: Mapping[str, Any], offered: Offered) -> Telling:
        if tool := described_by(version.prompt, [tool.name for tool in offered]):
            return AtRung(DescribedBy(Described(NO_WORDS, tuple(offered)), tool, version), rung)
        return AtRung(Described(Exactly(version, _known(variables, version)), tuple(offered)), rung)

    return telling


def found(prompt: str, asked: str) -> Version:
    """The version of *prompt* that *asked*, a label or a number, says. Raises CannotEvaluate."""
    from tools.llm.prompts.models import Prompt, PromptVersion

    row = Prompt.objects.filter(name=prompt).first()
    if row is None:
        known = listed(Prompt.objects.values_list("name", flat=True)) or "none"
        raise CannotEvaluate(f"There is no prompt {prompt!r}: there are {known}, or write it in the admin.")
    versions = PromptVersion.objects.filter(prompt=row).select_related("prompt").prefetch_related("variants")
    if asked.isdecimal():
        version = versions.filter(number=int(asked)).first()
    else:
        version = versions.filter(labels__prompt=row, labels__name=asked).first()
    if version is None:
        numbers = listed([str(number) for number in versions.values_list("number", flat=True)])
        labels = listed(row.labels.exclude(version=None).values_list("name", flat=True))
        raise CannotEvaluate(
            f"The prompt {prompt} has no version {asked!r}: write a label ({labels or 'none'}) "
            f"or a number ({numbers or 'none'})."
        )
    return version.plain()
