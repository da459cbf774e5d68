"""How far a turn has come, and what follows from that."""

from dataclasses import dataclass, field, replace

from opentelemetry.trace import Span

from tools.calls.request import Request
from tools.llm.adapters.base import Answer, Usage
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.calling.encoding import encoded
from tools.llm.choice.choices import Choices
from tools.llm.choice.learning import Came
from tools.llm.experiments.units import units_of
from tools.llm.providers.spenders import budget_of_key
from tools.llm.routing import Route, Routed
from tools.llm.routing.budget import Budget, estimated
from tools.llm.transcript import Call, Part, Reasoning, Text, Transcript
from tools.llm.turns.ladder import Ladder
from tools.llm.turns.question import Question
from tools.llm.turns.trials import Trials
from tools.llm.turns.turn import EndedBy, Limits, Turn, TurnFailed


@dataclass(slots=True)
class Course:
    """What is asked next, how far it has come, and what holds for all of the turn."""

    trials: Trials
    question: Question
    turn: Turn
    ladder: Ladder
    span: Span
    began: float
    limits: Limits
    agent: str
    request: Request
    stream: bool
    choices: Choices = field(default_factory=Choices)
    is_wrong: bool = False  # a tool was called wrongly
    routed: Routed | None = None  # the answer to what was asked last

    @property
    def route(self) -> Route:
        return self.trials.route

    @property
    def session_id(self) -> str:
        return self.request.get("session_id", "")

    @property
    def spender(self) -> Budget | None:
        """Whose budget it is on: that of the API key that asks, if one does."""
        return budget_of_key(self.request.get("api_key_name", ""))

    def left_s(self, now: float) -> float | None:
        """The seconds that are left; None without a limit."""
        return None if self.limits.seconds is None else self.limits.seconds - (now - self.began)

    def came(self, now: float) -> Came:
        """What it came to, for what was chosen for it."""
        return Came(
            answered=self.turn.ended_by in (EndedBy.ANSWER, EndedBy.LENGTH),
            is_wrong=self.is_wrong,
            took_ms=(now - self.began) * 1000,
            usd=float(self.turn.usd),
        )


async def addressed(course: Course) -> None:
    """Have the question of *course* be told as it is to whom it is of: by an experiment, or by what is chosen."""
    telling, units = course.question.telling, units_of(course.request)
    chosen = await course.choices.words(telling, course.question.transcript)
    course.question = replace(course.question, telling=telling.of(replace(units, chosen=chosen)))
    course.span.set_attributes(course.choices.of_words())


def about(course: Course, routed: Routed) -> dict[str, str]:
    """Whose calls these are, for their spans; what the caller says of it goes before."""
    where, prompt = routed.deployment, routed.ask.prompt
    known = {"provider": where.provider_name, "model": where.model, "agent": course.agent}
    if prompt:
        known["prompt_version"] = f"{prompt.name}@{prompt.version}"
    return known | dict(course.request.get("context") or {})


def called_in(answer: Answer) -> list[Call]:
    return [part for part in answer.parts if isinstance(part, Call)]


def once_more(course: Course) -> Question:
    """The question again, for a model that answered it in words. Raises TurnFailed where that was so twice."""
    question = course.question
    course.turn = replace(course.turn, transcript=question.transcript)
    if question.must_still:
        said = f"The model {course.turn.deployment!r} answered twice without the call that it had to make"
        raise TurnFailed(ModelError(ErrorKind.TOOL_NOT_CALLED, said), course.turn)
    return replace(question, must_still=True)


def last_asked(transcript: Transcript) -> str:
    """The name of the deployment that answered last; '' where none has."""
    origins = [message.origin for message in transcript if message.origin]
    return origins[-1].deployment if origins else ""


def usage_of(routed: Routed) -> Usage:
    """The tokens that an answer took: about, where its vendor does not say, so that limits bind all the same."""
    answer = routed.answer
    return answer.usage or estimated(routed.ask, sum(chars_of(part) for part in answer.parts))


def chars_of(part: Part) -> int:
    match part:
        case Text(text) | Reasoning(text):
            return len(text)
        case Call(name=name, arguments=arguments):
            return len(name) + len(encoded(arguments))
    return 0
