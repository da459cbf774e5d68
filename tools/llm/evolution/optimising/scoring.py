"""How well a model does with a text: it is asked each case once, and its calls are judged and never made."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.definition.registry import ToolRegistry
from tools.definition.schemas.numbers import refuse_endless
from tools.errors import InvalidArguments
from tools.llm.adapters.base import Answer
from tools.llm.evaluation.grading import Did, Grade, Made, Wrong, grade
from tools.llm.evolution.optimising.asking import Asker, Said
from tools.llm.evolution.optimising.budget import NOTHING, Amount
from tools.llm.evolution.optimising.cases import Recorded, arguments_of
from tools.llm.prompts.families import Key
from tools.llm.prompts.rendering import Version
from tools.llm.routing import Route
from tools.llm.transcript import Call, Text
from tools.llm.turns.course import called_in
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Exactly, Question

MOST_OUTPUT_TOKENS = 2_048


@dataclass(frozen=True, slots=True)
class Scored:
    """What a model did in a case, and whether that was right; ``is_asked``: it answered at all."""

    recorded: Recorded
    did: Did
    grade: Grade

    @property
    def is_asked(self) -> bool:
        return not self.did.error

    @property
    def score(self) -> float:
        return float(self.grade.first_try)


@dataclass(slots=True)
class Scorer:
    """Scores texts in the place *key* of *version*, by *route*. The same is asked once."""

    asker: Asker
    route: Route
    version: Version
    key: Key
    registry: ToolRegistry
    _known: dict[tuple[str, str], Scored] = field(default_factory=dict, init=False)

    def score(self, text: str, cases: Sequence[Recorded]) -> list[Scored]:
        """Raises Over where they do not fit into what is left, and PromptError."""
        new = [each for each in cases if (text, each.case.name) not in self._known]
        questions = [self.question(text, each) for each in new]
        said = self.asker.ask(self.route, questions, calls=1)
        made = {each.case.name: self._judged(each, answer) for each, answer in zip(new, said, strict=True)}
        self._known.update({(text, name): scored for name, scored in made.items() if scored.is_asked})
        return [made.get(name) or self._known[text, name] for name in (each.case.name for each in cases)]

    def most(self, text: str, cases: Sequence[Recorded]) -> Amount:
        """What it can cost to ask *cases*."""
        asked = (self.asker.most(self.route, self.question(text, each), 1) for each in cases)
        return sum(asked, NOTHING)

    def question(self, text: str, recorded: Recorded) -> Question:
        case = recorded.case
        tools = tuple(self.registry.get(name) for name in case.tools)
        told = Exactly(with_text(self.version, self.key, text), case.variables)
        return Question(
            transcript=case.said,
            telling=Described(told, tools),
            tools=tools,
            max_output_tokens=MOST_OUTPUT_TOKENS,
        )

    def _judged(self, recorded: Recorded, said: Said) -> Scored:
        if not isinstance(said, Answer):
            did = Did(error=str(said))
        else:
            text = "".join(part.text for part in said.parts if isinstance(part, Text))
            did = Did(calls=[self._made(call, recorded) for call in called_in(said)], text=text)
        return Scored(recorded, did, grade(recorded.case, did))

    def _made(self, call: Call, recorded: Recorded) -> Made:
        """*call* as the tool would get it, or why it would not."""
        if call.problem:
            return Made(tool=call.name, arguments=call.arguments, wrong=Wrong.UNREADABLE, said=call.problem)
        if call.name not in recorded.case.tools:
            said = f"There is no tool {call.name!r}."
            return Made(tool=call.name, arguments=call.arguments, wrong=Wrong.UNKNOWN_TOOL, said=said)
        try:
            refuse_endless(call.arguments)
            arguments = arguments_of(dict(call.arguments), self.registry.get(call.name).schema)
        except InvalidArguments as error:
            return Made(tool=call.name, arguments=call.arguments, wrong=Wrong.REFUSED, said=error.detail)
        return Made(tool=call.name, arguments=arguments)


def with_text(version: Version, key: Key, text: str) -> Version:
    """*version*, saying *text* at *key*."""
    return Version(version.prompt, version.number, {**version.texts, key: text}, version.variables)


def share(scored: Sequence[Scored]) -> float:
    """Of those that were asked, how many were right."""
    return sum(each.score for each in scored) / len(scored) if scored else 0.0
