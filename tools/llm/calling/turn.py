"""A turn: from what a user said to the model's answer, with all the calls of tools between."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Unpack

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode, Tracer
from pydantic_core import to_json

from telemetry import semconv
from tools.calls.call import ToolResult
from tools.calls.request import Request, caller_of
from tools.errors import ToolError
from tools.llm.adapters.base import AUTO, NONE, REQUIRED, Answer, Ask, Usage
from tools.llm.adapters.errors import ModelError
from tools.llm.adapters.writing import MUST_CALL, MUST_CALL_ANY
from tools.llm.calling.client import ModelClient
from tools.llm.calling.deployment import Deployment
from tools.llm.parsing.objects.ends import End
from tools.llm.running import UnreadableCall, literal
from tools.llm.transcript import Call, Result, Role, Text, Transcript

if TYPE_CHECKING:
    from tools.running.executor import ToolExecutor

AGENT = "conversation"
# What a call is priced at, where its vendor does not bill it: the model that answered, its tokens, US dollars.
Price = Callable[[str, Usage], Decimal | None]


class EndedBy(StrEnum):
    """Why a turn is over. Whatever it was: the transcript is whole, and can be gone on with."""

    ANSWER = "answer"
    ROUNDS = "rounds"
    TOKENS = "tokens"
    MONEY = "money"
    TIME = "time"
    LENGTH = "length"  # the model's answer was cut off
    ERROR = "error"  # the model could not be asked any further


class TurnFailed(ModelError):
    """The model could not be asked any further. ``turn`` is how far it came: calls that were made are in it."""

    def __init__(self, error: ModelError, turn: "Turn") -> None:
        super().__init__(
            *(error.kind, error.said),
            status=error.status,
            code=error.code,
            retry_after_s=error.retry_after_s,
            document=error.document,
        )
        self.turn = turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a turn may take. The round that goes beyond is the last; its calls of tools are not made."""

    rounds: int = 10
    tokens: int | None = None  # in and out, of all rounds
    usd: Decimal | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came of a turn: ``transcript`` with all of it, and each model's answer in its order."""

    transcript: Transcript
    answers: Sequence[Answer]
    ended_by: EndedBy
    usd: Decimal = Decimal(0)

    @property
    def text(self) -> str:
        """What the model says to the user, also where it was cut off; '' where a limit was in its way."""
        has_answer = self.ended_by in (EndedBy.ANSWER, EndedBy.LENGTH)
        return self.transcript.messages[-1].text if has_answer else ""

    @property
    def tokens(self) -> int:
        return sum(tokens_of(answer) for answer in self.answers)


class Turns:
    """Runs turns: asks models by *client*, and has *executor* make the calls, through all of its stages."""

    def __init__(
        self,
        client: ModelClient,
        executor: "ToolExecutor",
        *,
        price: Price = lambda model, usage: None,
        tracer: Tracer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._executor, self._price = client, executor, price
        self._tracer = tracer or trace.get_tracer("salesboost.models")
        self._clock = clock

    async def execute(
        self,
        deployment: Deployment,
        ask: Ask,
        *,
        limits: Limits = Limits(),
        agent: str = AGENT,
        **request: Unpack[Request],
    ) -> Turn:
        """The turn that *ask* begins. *request* holds for each call of a tool: ``caller_role``, ``session_id``, …

        Its ``choice`` is for the first round. Raises TurnFailed, a ModelError, where the model cannot be asked; a
        tool that fails is told to the model, and is none.
        """
        name = semconv.span_name(semconv.AGENT_OPERATIONS[1], "", "", agent)
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as span:
            span.set_attributes(described(deployment, agent, request.get("session_id", "")))
            try:
                turn = await self._rounds(deployment, ask, limits, agent, request)
            except TurnFailed as error:
                span.set_attribute(semconv.ERROR_TYPE, error.kind.value)
                span.set_status(Status(StatusCode.ERROR, str(error)))
                summed(span, error.turn)
                raise
            except BaseException as error:
                span.set_attribute(semconv.ERROR_TYPE, type(error).__name__)
                span.set_status(Status(StatusCode.ERROR, "The turn was given up."))
                raise
            summed(span, turn)
            return turn

    async def _rounds(
        self, deployment: Deployment, ask: Ask, limits: Limits, agent: str, request: Request
    ) -> Turn:
        began, ask = self._clock(), asked_in_words(ask)
        turn = Turn(transcript=ask.transcript, answers=(), ended_by=EndedBy.ERROR)
        while True:
            try:
                answer = await self._client.complete(deployment, ask, session_id=request.get("session_id", ""))
            except ModelError as error:
                raise TurnFailed(error, replace(turn, transcript=ask.transcript)) from error
            transcript = ask.transcript.answer(answer.parts, ask.origin)
            usd = turn.usd + self._usd(answer)
            turn = replace(turn, transcript=transcript, answers=(*turn.answers, answer), usd=usd)
            if not transcript.open_calls:
                return replace(turn, ended_by=EndedBy.LENGTH if answer.end is End.SPENT else EndedBy.ANSWER)
            took_s = self._clock() - began
            if over := exceeded(turn, limits, took_s):
                return replace(turn, transcript=transcript.closed(), ended_by=over)
            if limits.seconds is not None:
                request = request | {"deadline_s": sooner(request.get("deadline_s"), limits.seconds - took_s)}
            results = await self._called(transcript.open_calls, deployment, agent, request)
            # What was to be called has been: now the model may answer.
            ask = replace(ask, transcript=transcript.tell(results), choice=after_calls(ask.choice))

    async def _called(
        self, calls: Sequence[Call], deployment: Deployment, agent: str, request: Request
    ) -> list[Result]:
        """What *calls* came to, in their order: those that can be made, side by side."""
        about = {"provider": deployment.provider, "model": deployment.model, "agent": agent}
        request = request | {"context": about | dict(request.get("context") or {})}
        made = [call for call in calls if not call.problem]
        endings = await self._executor.execute_parallel([planned(call) for call in made], **request)
        by_id = dict(zip((call.call_id for call in made), endings, strict=True))
        for call in calls:
            if call.problem:
                error = UnreadableCall(call.problem)
                by_id[call.call_id] = await self._executor.refuse(
                    error, requested=call.name, caller=caller_of(request), tool_call_id=call.call_id
                )
        return [told(call, by_id[call.call_id]) for call in calls]

    def _usd(self, answer: Answer) -> Decimal:
        """What *answer* costs; nothing where nobody knows."""
        if answer.cost_usd is not None:
            return answer.cost_usd
        return (self._price(answer.model, answer.usage) if answer.usage else None) or Decimal(0)


def sooner(deadline_s: float | None, left_s: float) -> float:
    return left_s if deadline_s is None else min(deadline_s, left_s)


def asked_in_words(ask: Ask) -> Ask:
    """*ask*, for a model that cannot be made to call a tool: told to in the conversation itself.

    In the instructions it would stand for one round only, and some models' thoughts hold for these.
    """
    *before, last = ask.transcript.messages or [None]
    if ask.can.forced_tool_choice or ask.choice in (AUTO, NONE) or last is None or last.role is not Role.USER:
        return ask
    said = MUST_CALL_ANY if ask.choice == REQUIRED else MUST_CALL.format(name=ask.choice)
    told = replace(last, parts=(*last.parts, Text(said)))
    return replace(ask, transcript=Transcript((*before, told)), choice=AUTO)


def after_calls(choice: str) -> str:
    return choice if choice == NONE else AUTO


def planned(call: Call) -> dict[str, object]:
    return {
        "tool": call.name,
        "payload": literal(dict(call.arguments)),
        "tool_call_id": call.call_id,
        "repairs": call.repairs,
    }


def told(call: Call, ending: ToolResult | ToolError) -> Result:
    """What the model is told of a call: its result, or what was wrong and what to do about it."""
    if isinstance(ending, ToolResult):
        return Result(call.call_id, ending.encoded.decode())
    said = {"error": ending.detail, **({"hint": ending.hint} if ending.hint else {})}
    return Result(call.call_id, to_json(said).decode(), is_error=True)


def exceeded(turn: Turn, limits: Limits, took_s: float) -> EndedBy | None:
    """The limit that *turn* has reached; None where it may go on."""
    if len(turn.answers) >= limits.rounds:
        return EndedBy.ROUNDS
    if limits.tokens is not None and turn.tokens >= limits.tokens:
        return EndedBy.TOKENS
    if limits.usd is not None and turn.usd >= limits.usd:
        return EndedBy.MONEY
    if limits.seconds is not None and took_s >= limits.seconds:
        return EndedBy.TIME
    return None


def tokens_of(answer: Answer) -> int:
    return answer.usage.input_tokens + answer.usage.output_tokens if answer.usage else 0


def described(deployment: Deployment, agent: str, session_id: str) -> dict[str, str]:
    attributes = {
        semconv.OPERATION_NAME: semconv.AGENT_OPERATIONS[1],
        semconv.AGENT_NAME: agent,
        semconv.PROVIDER_NAME: deployment.provider,
        semconv.REQUEST_MODEL: deployment.model,
    }
    return attributes | ({semconv.CONVERSATION_ID: session_id} if session_id else {})


def summed(span: Span, turn: Turn) -> None:
    """What all rounds took: a sum, whose parts are on the spans below."""
    usages = [answer.usage for answer in turn.answers if answer.usage]
    span.set_attributes(
        {
            semconv.TURN_ROUNDS: len(turn.answers),
            semconv.TURN_ENDED_BY: turn.ended_by.value,
            semconv.INPUT_TOKENS: sum(usage.input_tokens for usage in usages),
            semconv.OUTPUT_TOKENS: sum(usage.output_tokens for usage in usages),
            semconv.USAGE_IS_A_SUM: True,
        }
    )
