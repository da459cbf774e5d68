"""Asks deployments. One request is one `chat` span, whatever becomes of it."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
from opentelemetry import trace
from opentelemetry.trace import Span, Tracer

from telemetry import semconv
from tools.llm.adapters import ADAPTERS, Adapter
from tools.llm.adapters.base import NONE, Answer, Ask, Delta, Wire
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.adapters.reading import recovered
from tools.llm.calling import echo, spans
from tools.llm.calling.deployment import Deployment
from tools.llm.calling.preparing import bound_to, prepared
from tools.llm.calling.transport import Transport, beside_if_long, without_key
from tools.llm.counting.cutting import Cut
from tools.llm.counting.learning import Counts
from tools.llm.experiments.sending import note_sent
from tools.llm.litellm_process import client as litellm
from tools.llm.transcript import Call

logger = logging.getLogger(__name__)
Attributes = Mapping[str, Any]
NOTHING: Attributes = {}
# Nobody has read a question that failed so.
NOT_SENT = frozenset({ErrorKind.UNREACHABLE, ErrorKind.INVALID, ErrorKind.CAPABILITY})
# A vendor that hangs takes no connection from another: each request has its own deadline.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100)


class ModelClient:
    """Asks models. Keep one a process and event loop, and close it."""

    def __init__(
        self,
        http: httpx.AsyncClient | None = None,
        *,
        transport: Transport | None = None,
        tracer: Tracer | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._http = http or httpx.AsyncClient(mounts=mounts(), limits=LIMITS)
        self._transport = transport or Transport(self._http, clock)
        self._tracer = tracer or trace.get_tracer("salesboost.models")
        self._clock = clock
        self._counts = Counts()

    async def complete(
        self, deployment: Deployment, ask: Ask, *, session_id: str = "", about: Attributes = NOTHING
    ) -> Answer:
        """The model's answer, in one piece; *about* stands on its span, too. Raises ModelError."""
        ask = replace(ask, stream=False)
        with self._recorded(deployment, ask, session_id, about) as span:
            sent = await prepared(span, ask, self._counts)
            ask = sent.ask
            adapter, wire = written(span, deployment, ask)
            try:
                answer = await self._transport.send(
                    deployment, wire, headers_of(adapter, deployment), partial(adapter.answer, ask, wire)
                )
            except ModelError as error:
                answer = as_answer(span, error, ask, wire)
            return self._received(span, answer, sent)

    async def stream(
        self, deployment: Deployment, ask: Ask, *, session_id: str = "", about: Attributes = NOTHING
    ) -> AsyncGenerator[Delta | Answer]:
        """Each piece as it comes; the last item is the whole answer. Close it to stop the model.

        Raises ModelError, also amid the pieces.
        """
        ask = replace(ask, stream=True)
        started, is_first = self._clock(), True
        with self._recorded(deployment, ask, session_id, about) as span:
            sent = await prepared(span, ask, self._counts)
            ask = sent.ask
            adapter, wire = written(span, deployment, ask)
            reader, said, size = adapter.reader(ask, wire), list[str](), 0
            try:
                async with aclosing(
                    self._transport.stream(deployment, wire, headers_of(adapter, deployment))
                ) as events:
                    async for event in events:
                        for delta in reader.add(event):
                            if is_first:
                                span.set_attribute(semconv.TIME_TO_FIRST_CHUNK, self._clock() - started)
                                is_first = False
                            size += len(delta.text)
                            said += [delta.text] if delta.kind == "text" else []
                            yield delta
                answer = await beside_if_long(reader.finish, size)
            except ModelError as error:
                answer = as_answer(span, error, ask, wire, "".join(said))
            answer = self._received(span, answer, sent)
        # Behind the span: who has the answer may go.
        yield answer

    def _received(self, span: Span, answer: Answer, sent: Cut) -> Answer:
        """*answer* as the caller gets it, recorded and learned from."""
        answer = bound_to(sent, allowed(answer, sent.ask))
        spans.record_answer(span, answer)
        self._counts.learn(sent.estimate, answer.usage)
        return answer

    async def aclose(self) -> None:
        await self._http.aclose()

    @contextmanager
    def _recorded(self, deployment: Deployment, ask: Ask, session_id: str, about: Attributes) -> Iterator[Span]:
        """A span for what is done within, ended with it. Whatever else goes wrong there is a ModelError, too.

        It is not the current one: who reads a stream may go on in another context.
        """
        name = semconv.span_name(semconv.OPERATION_CHAT, "", deployment.model, "")
        attributes = spans.before(deployment, ask, session_id) | dict(about)
        began_at, went_out = datetime.now(UTC), True
        span = self._tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=attributes)
        try:
            yield span
        except ModelError as error:
            spans.record_error(span, without_key(error, deployment))
            went_out = error.kind not in NOT_SENT
            raise
        except (GeneratorExit, asyncio.CancelledError):
            spans.record_error(span, went_away())
            raise
        except Exception as failure:
            logger.exception("an answer of %s could not be read", deployment.name)
            said = f"The answer cannot be read ({type(failure).__name__})"
            unread = ModelError(ErrorKind.UNREADABLE, said)
            spans.record_error(span, unread)
            raise unread from None
        finally:
            span.end()
            if ask.given and went_out:
                note_sent(ask, began_at, failed_over=is_instead(deployment, attributes))


def mounts() -> dict[str, httpx.AsyncBaseTransport]:
    """What stands in the place of the network, by how addresses begin."""
    return {echo.SCHEME: echo.Echo(), litellm.SCHEME: litellm.Litellm()}


def written(span: Span, deployment: Deployment, ask: Ask) -> tuple[Adapter, Wire]:
    """How *deployment* is spoken to, and *ask* in its words. Raises ModelError where that cannot be."""
    if ask.origin != deployment.origin:
        said = f"The question is for {ask.origin.deployment!r} and was to be sent to {deployment.name!r}"
        raise ModelError(ErrorKind.INVALID, said)
    adapter = adapter_of(deployment)
    try:
        wire = adapter.request(ask)
    except (ValueError, TypeError, RecursionError) as failure:
        said = f"The conversation cannot be written for {deployment.provider} ({type(failure).__name__})"
        raise ModelError(ErrorKind.INVALID, said) from failure
    spans.record_request(span, wire)
    return adapter, wire


def headers_of(adapter: Adapter, deployment: Deployment) -> Mapping[str, str]:
    """What the key is sent in; nothing without one, as servers of one's own have none."""
    return adapter.key_headers(deployment.key) if deployment.key else {}


def as_answer(span: Span, error: ModelError, ask: Ask, wire: Wire, before: str = "") -> Answer:
    """The answer that *error* holds anyway, with the text *before* it. Raises *error* where it has none."""
    answer = recovered(error, ask, wire.export, before)
    if answer is None:
        raise error
    span.set_attribute(semconv.RECOVERED, error.code)
    return answer


def allowed(answer: Answer, ask: Ask) -> Answer:
    """*answer* without calls where none may be made, however the model wrote them."""
    if ask.choice != NONE:
        return answer
    return replace(answer, parts=tuple(part for part in answer.parts if not isinstance(part, Call)))


def adapter_of(deployment: Deployment) -> Adapter:
    """How *deployment* is spoken to. Raises ModelError for one that nobody can."""
    adapter = ADAPTERS.get((deployment.provider, deployment.can.api))
    if adapter is None:
        known = ", ".join(f"{provider} ({api})" for provider, api in ADAPTERS)
        said = f"There is no adapter for {deployment.provider!r} ({deployment.can.api}), only for {known}"
        raise ModelError(ErrorKind.INVALID, said)
    return adapter


def is_instead(deployment: Deployment, attributes: Attributes) -> bool:
    """Whether *deployment* is asked because another was not it."""
    reason = str(attributes.get(semconv.ROUTE_REASON, ""))
    return bool(reason) and not reason.startswith(f"{deployment.name}:")


def went_away() -> ModelError:
    """What a stream is counted as that nobody read to its end."""
    return ModelError(
        ErrorKind.BROKEN_STREAM, "The caller went away before the answer was whole", code="cancelled"
    )
