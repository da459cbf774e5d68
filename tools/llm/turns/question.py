"""What is asked in a turn, whoever is asked it: each deployment of the route in its own words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tools.definition.tool import ToolDefinition
from tools.llm.adapters.base import AUTO, NONE, REQUIRED, Ask
from tools.llm.adapters.writing import MUST_CALL, MUST_CALL_ANY, check_choice
from tools.llm.calling.deployment import Deployment
from tools.llm.experiments.choosing import rendered
from tools.llm.experiments.given import Given
from tools.llm.experiments.units import NO_UNITS, Units
from tools.llm.prompts import live
from tools.llm.prompts.families import Rung, family_of
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.sent import PromptSent
from tools.llm.transcript import Role, Text, Transcript

STILL_TO_CALL = "Call {name} now: an answer in words is not taken."
ANY_TOOL = "one of the tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a model is told beside the conversation. ``descriptions`` stand in place of the tools' own, by tool."""

    system: str = ""
    prompt: PromptSent | None = None
    descriptions: Mapping[str, str] = field(default_factory=dict)
    given: tuple[Given, ...] = ()  # the arms of experiments by which it is told so


class Telling(Protocol):
    """Says what *deployment* is told at *rung*.

    ``key`` names the words over all turns that are told them, ``support@3``; '' where they are of one turn.
    ``of`` is the same for *units*: what they are told who are in an experiment, or what was chosen for them.
    ``prompts`` are those that are told as they are in production.
    """

    @property
    def key(self) -> str: ...

    @property
    def prompts(self) -> tuple[str, ...]: ...

    def __call__(self, deployment: Deployment, rung: Rung) -> Told: ...

    def of(self, units: Units) -> "Telling": ...


@dataclass(frozen=True, slots=True)
class Words:
    """The same words for every model."""

    system: str = ""
    key: str = ""
    prompts: tuple[str, ...] = ()

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        return Told(system=self.system)

    def of(self, units: Units) -> Telling:
        return self


@dataclass(frozen=True, slots=True)
class Prompted:
    """The prompt *name* as the admin has it: the variant for each model, or what an arm of *units* says.

    Raises CannotRender when it is asked.
    """

    name: str
    label: str = live.PRODUCTION
    variables: Mapping[str, object] = field(default_factory=dict)
    units: Units = NO_UNITS

    @property
    def key(self) -> str:
        picked = self.units.chosen.get(self.name) if self.prompts else None
        return picked.name if picked else live.version_named(self.name, self.label)

    @property
    def prompts(self) -> tuple[str, ...]:
        return (self.name,) if self.label == live.PRODUCTION else ()

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        found, given = rendered(
            self.name,
            model=deployment.model,
            label=self.label,
            rung=rung,
            variables=self.variables,
            units=self.units,
        )
        return Told(system=found.text, prompt=found.sent, given=given)

    def of(self, units: Units) -> Telling:
        return replace(self, units=units)


@dataclass(frozen=True, slots=True)
class Exactly:
    """Just this *version* of a prompt, labels or none. Raises CannotRender when it is asked."""

    version: Version
    variables: Mapping[str, object] = field(default_factory=dict)
    prompts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.version.name

    def __call__(self, deployment: Deployment, rung: Rung) -> Told:
        found = self.version.rendered(family_of(deployment.model), rung, self.variables)
        return Told(system=found.text, prompt=found.sent)

    def of(self, units: Units) -> Telling:
        return self


NO_WORDS = Words()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. ``choice`` is ``auto``, ``none``, ``required`` or our name of the tool to call first."""

    transcript: Transcript
    telling: Telling = NO_WORDS
    tools: Sequence[ToolDefinition[..., Any]] = ()
    choice: str = AUTO
    max_output_tokens: int = 4096
    temperature: float | None = None
    effort: str = ""
    must_still: bool = False  # it was to call a tool, and answered in words

    def ask(self, deployment: Deployment, rung: Rung = Rung.DETAILED) -> Ask:
        """The question as *deployment* is asked it. Raises ModelError where it asks for a call that cannot be."""
        told = self.telling(deployment, rung)
        ask = Ask(
            origin=deployment.origin,
            can=deployment.can,
            transcript=self.transcript,
            system=told.system,
            prompt=told.prompt,
            descriptions=told.descriptions,
            given=told.given,
            tools=self.tools,
            choice=self.choice,
            max_output_tokens=self.max_output_tokens,
            temperature=self.temperature,
            effort=self.effort,
        )
        check_choice(ask)
        return asked_in_words(ask, self.must_still)

    def at(self, deployment: Deployment, rung: Rung = Rung.DETAILED, *, simpler: bool = False) -> Ask:
        """``ask``, and its rung with it; *simpler* is one further down, if there is one."""
        if simpler:
            rung = self.next_rung(deployment, rung) or rung
        ask = self.ask(deployment, rung)
        is_whole = any(given.is_whole_prompt for given in ask.given)  # an arm is, at any rung
        return replace(ask, rung=Rung.DETAILED.value if is_whole else rung.value)

    def next_rung(self, deployment: Deployment, rung: Rung) -> Rung | None:
        """The next rung at which *deployment* is told something else; None where there is none."""
        told = self.telling(deployment, rung)
        rungs = list(Rung)
        simpler = rungs[rungs.index(rung) + 1 :]
        return next((each for each in simpler if self.telling(deployment, each) != told), None)

    def after(self, transcript: Transcript) -> "Question":
        """The next round's: what was to be called has been, and the model may answer."""
        choice = self.choice if self.choice == NONE else AUTO
        return replace(self, transcript=transcript, choice=choice, must_still=False)


def has_called(choice: str, names: Sequence[str]) -> bool:
    """Whether a model that called *names* did what *choice* asked of it."""
    if choice in (AUTO, NONE):
        return True
    return bool(names) if choice == REQUIRED else choice in names


def asked_in_words(ask: Ask, must_still: bool = False) -> Ask:
    """*ask*, for a model that cannot be made to call a tool: told to in the conversation itself.

    In the instructions it would stand for one round only, and some models' thoughts hold for these.
    """
    *before, last = ask.transcript.messages or [None]
    if ask.choice in (AUTO, NONE) or last is None or last.role is not Role.USER:
        return ask
    if ask.can.forced_tool_choice and not must_still:
        return ask
    any_tool = ask.choice == REQUIRED
    said = MUST_CALL_ANY if any_tool else MUST_CALL.format(name=ask.choice)
    if must_still:
        said += " " + STILL_TO_CALL.format(name=ANY_TOOL if any_tool else ask.choice)
    told = replace(last, parts=(*last.parts, Text(said)))
    choice = ask.choice if ask.can.forced_tool_choice else AUTO
    return replace(ask, transcript=Transcript((*before, told)), choice=choice)
