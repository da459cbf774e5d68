"""One turn over the web: claimed, run, told as it happens, and kept, whoever goes away."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any, TypeVar

from channels.db import database_sync_to_async
from opentelemetry import trace

from tools.calls.request import Request
from tools.definition.tool import ToolDefinition
from tools.errors import ToolError
from tools.llm.adapters.errors import ModelError
from tools.llm.chat import keeping
from tools.llm.chat.asking import digest_of, limits_of, question_of, remembered, requested, tools_of
from tools.llm.chat.body import ChatBody
from tools.llm.chat.errors import BadQuestion, as_tool_error
from tools.llm.chat.events import Told, answer_of, told
from tools.llm.here import turns
from tools.llm.images import BadImage
from tools.llm.prompts.errors import PromptError
from tools.llm.providers import live
from tools.llm.routing import Route
from tools.llm.transcript.transcript import BadTranscript
from tools.llm.turns import Turn, TurnFailed
from tools.llm.turns.execute import AGENT
from tools.llm.turns.spans import recorded
from tools.llm.turns.turn import Called, Calling
from tools.running.runtime import get_executor
from tools.web.access import Client
from tools.web.problem import InternalError

logger = logging.getLogger(__name__)

Made = TypeVar("Made")
_keeping: set[asyncio.Task[Any]] = set()


async def serve(body: ChatBody, client: Client, key: str = "") -> AsyncGenerator[Told]:
    """The turn that *body* asks for, as it happens; the last event is ``answer``. Close it to end the turn.

    Asked again with the same *key* it is not had again: there is its answer alone. Raises ToolError. What the turn
    came to is kept in any case, and a call that was made is not forgotten.
    """
    try:
        route, request = await asyncio.to_thread(live.route, body.route), requested(body, client)
        offered = tools_of(body, get_executor(), request.get("caller_role", ""))
        with no_faults():
            begun = await claimed(body, client, key)
    except ToolError as error:
        refused(body, error)
        raise
    if begun.answer is not None:
        yield Told("answer", begun.answer, replayed=True)
        return
    try:
        request["session_id"] = begun.session_id
        async with aclosing(told_of(body, route, offered, begun, request)) as events:
            async for event in events:
                yield event
    finally:
        # Whoever is cancelled here: the row is freed all the same.
        await surely(in_thread(keeping.free, begun))


async def claimed(body: ChatBody, client: Client, key: str) -> keeping.Begun:
    """The conversation's next turn, this request's now; nobody's where the client goes away meanwhile."""
    once = keeping.Once(key, digest_of(body)) if key else keeping.ANY
    about = body.session_id, client.sender, body.deadline_s, remembered(body), once
    claiming = asyncio.ensure_future(in_thread(keeping.begin, *about))
    try:
        return await asyncio.shield(claiming)
    except asyncio.CancelledError:
        with suppress(Exception):  # a claim that was refused has nothing to free
            await surely(in_thread(keeping.free, await claiming))
        raise


async def told_of(
    body: ChatBody,
    route: Route,
    offered: list[ToolDefinition[..., Any]],
    begun: keeping.Begun,
    request: Request,
) -> AsyncGenerator[Told]:
    """The turn's events. Raises ToolError."""
    called: list[Called] = []
    began = time.monotonic()
    with no_faults(), problems(body):
        question = await question_of(body, offered, begun.transcript, goes_on=begun.goes_on)
        await asyncio.to_thread(keeping.storable, question.transcript)
        run = turns().stream if body.stream else turns().whole
        try:
            limits = limits_of(body, time.monotonic() - began)
            async with aclosing(run(route, question, limits=limits, **request)) as events:
                async for event in events:
                    if isinstance(event, Turn):
                        answer = answer_of(begun.session_id, event, called)
                        # Before it is told: who hears it may go on at once.
                        await kept(begun, event, answer)
                        yield Told("answer", answer)
                        return
                    if isinstance(event, Calling):
                        await kept(begun, event.turn)
                    elif isinstance(event, Called):
                        # Once a round, and before the next answer is asked for, amid which anybody may go away.
                        if not called or called[-1].turn is not event.turn:
                            await kept(begun, event.turn)
                        called.append(event)
                    yield told(event)
        except TurnFailed as error:
            await kept(begun, error.turn)
            raise


@contextmanager
def problems(body: ChatBody) -> Iterator[None]:
    """Errors of models, prompts and pictures as those that the web's edge knows."""
    try:
        yield
    except ModelError as error:
        raise as_tool_error(error) from error
    except PromptError as error:
        raise BadQuestion(str(error)) from error
    except (BadTranscript, BadImage, keeping.TooLong) as error:  # no turn had begun, whose span would tell of it
        problem = BadQuestion(str(error))
        refused(body, problem)
        raise problem from error


@contextmanager
def no_faults() -> Iterator[None]:
    """Whatever else goes wrong as a ToolError: who hears events waits for one that ends them."""
    try:
        yield
    except ToolError:
        raise
    except Exception as fault:
        logger.exception("a turn failed")
        raise InternalError(
            "Something went wrong inside SalesBoost.", hint="the server's log says more"
        ) from fault


async def kept(begun: keeping.Begun, turn: Turn, answer: dict[str, Any] | None = None) -> None:
    """Keep how far *turn* has come, once a model has answered; what was asked in vain is forgotten."""
    is_answered = len(turn.transcript) > len(begun.transcript) + (not begun.goes_on)
    if is_answered or answer is not None:
        transcript = turn.transcript if is_answered else begun.transcript
        await surely(in_thread(keeping.keep, begun, transcript, answer))


def refused(body: ChatBody, error: ToolError) -> None:
    """A span for a turn that did not begin."""
    try:
        with recorded(trace.get_tracer("salesboost.models"), body.route, AGENT, body.session_id):
            raise error
    except ToolError:
        return


def in_thread(work: Callable[..., Made], *args: Any) -> Coroutine[Any, Any, Made]:
    return database_sync_to_async(work, thread_sensitive=False)(*args)


async def surely(work: Coroutine[Any, Any, Made]) -> Made:
    """The result of *work*, which goes on to its end when who waits is cancelled."""
    task = asyncio.ensure_future(work)
    _keeping.add(task)
    task.add_done_callback(_keeping.discard)
    return await asyncio.shield(task)
