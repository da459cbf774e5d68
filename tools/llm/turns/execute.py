"""Runs turns: asks the models of a route, and has the executor make the calls, until there is an answer."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Unpack

from opentelemetry import trace
from opentelemetry.trace import Tracer

from telemetry import semconv
from tools.calls.call import ToolResult
from tools.calls.request import Request
from tools.errors import ToolError
from tools.llm.adapters.base import Answer, Ask, Delta, Usage
from tools.llm.adapters.errors import ModelError
from tools.llm.adjusting.adjuster import Adjuster
from tools.llm.calling.client import ModelClient
from tools.llm.calling.deployment import Deployment
from tools.llm.choice.choices import Choices
from tools.llm.parsing.objects.ends import End
from tools.llm.pricing import Price
from tools.llm.prompts.families import Rung
from tools.llm.routing import Discard, Route, Routed, Router
from tools.llm.routing.budget import usd_of
from tools.llm.routing.health import Health
from tools.llm.transcript import Call
from tools.llm.turns.calls import as_told, make
from tools.llm.turns.course import Course, about, addressed, called_in, last_asked, once_more, usage_of
from tools.llm.turns.ladder import Ladder, Remembered
from tools.llm.turns.question import Question, has_called
from tools.llm.turns.spans import recorded, summed, trace_id_of, within
from tools.llm.turns.trials import begun
from tools.llm.turns.turn import (
    Called,
    Calling,
    EndedBy,
    Limits,
    Turn,
    TurnFailed,
    exceeded,
    misread,
    sooner,
)

if TYPE_CHECKING:
    from tools.running.executor import ToolExecutor
    from tools.selection.selector import ToolSelector

AGENT = "conversation"
NO_LIMITS = Limits()
Event = Delta | Discard | Calling | Called | Turn


class Turns:
    """Asks models by *client*, and has *executor* make the calls, through all of its stages.

    Deployments rest and are counted in the executor's shared state; the same holds for which rung of a prompt
    works, which *adjuster* knows beyond this process. *selector* chooses where groups of choice say so.
    """

    def __init__(
        self,
        client: ModelClient,
        executor: "ToolExecutor",
        *,
        router: Router | None = None,
        adjuster: Adjuster | None = None,
        selector: "ToolSelector | None" = None,
        price: Price = lambda provider, model, usage: None,
        tracer: Tracer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        health = Health(executor.state, executor.reporter)
        self.router = router or Router(client, health, price=price, clock=clock)
        self._executor, self._price, self._clock = executor, price, clock
        self._tracer = tracer or trace.get_tracer("salesboost.models")
        self._remembered = Remembered(clock)
        self._adjuster = adjuster or Adjuster(executor.state, executor.reporter)
        self._selector = selector

    async def execute(
        self,
        route: Route | Deployment,
        question: Question,
        *,
        limits: Limits = NO_LIMITS,
        agent: str = AGENT,
        **request: Unpack[Request],
    ) -> Turn:
        """The turn that *question* begins. *request* holds for each call of a tool: ``caller_role``, …

        Raises TurnFailed, a ModelError, where no model can be asked, and CannotRender for a prompt that cannot be
        sent; a tool that fails is told to the model, and is none.
        """
        async with aclosing(self.whole(route, question, limits=limits, agent=agent, **request)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    return event
        raise AssertionError("A turn ends with itself.")

    def whole(
        self,
        route: Route | Deployment,
        question: Question,
        *,
        limits: Limits = NO_LIMITS,
        agent: str = AGENT,
        **request: Unpack[Request],
    ) -> AsyncGenerator[Event]:
        """``stream``, for those who want no pieces: each answer is asked for as a whole."""
        return self._recorded(self._begun(route, question, limits, agent, request, stream=False))

    def stream(
        self,
        route: Route | Deployment,
        question: Question,
        *,
        limits: Limits = NO_LIMITS,
        agent: str = AGENT,
        **request: Unpack[Request],
    ) -> AsyncGenerator[Event]:
        """The same as it happens: pieces of answers, drafts that are given up, calls and what they came to.

        The last is the Turn. Close it to end the turn: the model is stopped.
        """
        return self._recorded(self._begun(route, question, limits, agent, request, stream=True))

    def _begun(
        self,
        route: Route | Deployment,
        question: Question,
        limits: Limits,
        agent: str,
        request: Request,
        *,
        stream: bool,
    ) -> Course:
        asked = route if isinstance(route, Route) else Route.of(route)
        trials = begun(asked, question, request, self._executor)
        return Course(
            trials=trials,
            question=trials.question,
            turn=Turn(transcript=question.transcript),
            ladder=Ladder(self._remembered, self._adjuster, request.get("session_id", "")),
            span=trace.INVALID_SPAN,
            began=self._clock(),
            limits=limits,
            agent=agent,
            request=request,
            stream=stream,
            choices=Choices(self._selector),
        )

    async def _recorded(self, course: Course) -> AsyncGenerator[Event]:
        with recorded(self._tracer, course.route.name, course.agent, course.session_id) as span:
            course.span = span
            course.turn = replace(course.turn, trace_id=trace_id_of(span))
            await addressed(course)
            with course.choices.learning(lambda: course.came(self._clock())):
                async with aclosing(self._rounds(course)) as events:
                    async for event in events:
                        yield event
            summed(span, course.turn)
        # Behind the span: who has the turn may go.
        yield course.turn

    async def _rounds(self, course: Course) -> AsyncGenerator[Delta | Discard | Calling | Called]:
        """What happens until the turn of *course* is over."""
        while True:
            async with aclosing(self._asked(course)) as pieces:
                async for piece in pieces:
                    yield piece
            if (routed := course.routed) is None:
                return
            calls = called_in(routed.answer)
            self._answered(course, routed)
            if not has_called(course.question.choice, [call.name for call in calls]):
                if self._is_exceeded(course):
                    return
                course.question = once_more(course)
                yield Discard(f"{routed.deployment.name}: it did not call what it had to")
                continue
            if self._is_over(course, calls, routed.answer):
                return
            yield Calling(calls, course.turn)
            for call, ending in await self._called(course, calls, routed):
                yield Called(call, ending, course.turn)

    async def _asked(self, course: Course) -> AsyncGenerator[Delta | Discard]:
        """Ask a model what is to be asked next; its answer is then in *course*, or none where the time is over.

        Raises TurnFailed.
        """
        question, ladder, course.routed = course.question, course.ladder, None

        def asking(deployment: Deployment, simpler: bool) -> Ask:
            ask = question.at(deployment, ladder.rung(deployment, question), simpler=simpler)
            return replace(ask, given=(*ask.given, *course.trials.given))

        wish = course.trials.wish(last_asked(question.transcript), ladder.avoided)
        pieces = self.router.ask(
            course.route,
            asking,
            stream=course.stream,
            session_id=course.session_id,
            wish=wish,
            spender=course.spender,
            lead=course.choices,
        )
        try:
            async with aclosing(pieces):
                while (piece := await self._next(course, pieces)) is not None:
                    if isinstance(piece, Routed):
                        course.routed = piece
                    else:
                        yield piece
        except ModelError as error:
            raise TurnFailed(error, replace(course.turn, transcript=question.transcript)) from error
        except TimeoutError:
            course.turn = replace(course.turn, transcript=question.transcript, ended_by=EndedBy.TIME)

    async def _next(
        self, course: Course, pieces: AsyncIterator[Delta | Discard | Routed]
    ) -> Delta | Discard | Routed | None:
        """What comes next, spans that begin meanwhile being below the turn's; None at the end."""
        with within(course.span):
            async with asyncio.timeout(course.left_s(self._clock())):
                return await anext(pieces, None)

    def _answered(self, course: Course, routed: Routed) -> None:
        """Note an answer in the turn of *course*."""
        where, answer, turn = routed.deployment, routed.answer, course.turn
        asked = {semconv.PROVIDER_NAME: where.provider_name, semconv.REQUEST_MODEL: where.model}
        course.span.set_attributes(asked)
        course.ladder.answered(where, course.question, Rung(routed.ask.rung))
        transcript = routed.ask.transcript.answer(answer.parts, routed.ask.origin, course.choices.members)
        usage = usage_of(routed)
        course.turn = replace(
            turn,
            transcript=transcript,
            answers=(*turn.answers, answer),
            tokens=turn.tokens + usage.input_tokens + usage.output_tokens + routed.drafts.tokens,
            usd=turn.usd + self._usd(where, answer, usage) + usd_of(routed.drafts.parts),
            deployment=where.name,
        )

    def _is_over(self, course: Course, calls: Sequence[Call], answer: Answer) -> bool:
        """Whether the turn ends with *answer*; its calls are closed then."""
        if not calls:
            ended = EndedBy.LENGTH if answer.end is End.SPENT else EndedBy.ANSWER
            course.turn = replace(course.turn, ended_by=ended)
            return True
        return self._is_exceeded(course)

    def _is_exceeded(self, course: Course) -> bool:
        """Whether the turn has reached a limit, and so is over; calls that are open are closed then."""
        over = exceeded(course.turn, course.limits, self._clock() - course.began)
        if over:
            course.turn = replace(course.turn, transcript=course.turn.transcript.closed(), ended_by=over)
        return over is not None

    async def _called(
        self, course: Course, calls: Sequence[Call], routed: Routed
    ) -> list[tuple[Call, ToolResult | ToolError]]:
        """Make *calls* and tell the model; what they came to, in their order."""
        request = course.request | {"context": about(course, routed)}
        if (left_s := course.left_s(self._clock())) is not None:
            request = request | {"deadline_s": sooner(request.get("deadline_s"), left_s)}
        with within(course.span):
            called = await make(self._executor, calls, request)
        wrong = {call.name for call, ending in called if misread(call, ending)}
        course.is_wrong |= bool(wrong)
        course.ladder.called(routed.deployment, course.question, Rung(routed.ask.rung), wrong)
        course.turn = course.turn.told([as_told(call, ending) for call, ending in called])
        course.question = course.question.after(course.turn.transcript)
        return called

    def _usd(self, where: Deployment, answer: Answer, usage: Usage) -> Decimal:
        """What *answer* costs; nothing where nobody knows a price."""
        if answer.cost_usd is not None:
            return answer.cost_usd
        return self._price(where.provider_name, answer.model or where.model, usage) or Decimal(0)
