"""Asks deployments. One request is one `chat` span, whatever becomes of it."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import httpx
from opentelemetry import trace
from opentelemetry.trace import Span, Tracer

from telemetry import semconv
from tools.llm.adapters import ADAPTERS, Adapter
from tools.llm.adapters.base import Answer, Ask, Delta, Wire
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.adapters.reading import recovered
from tools.llm.calling import spans
from tools.llm.calling.deployment import Deployment
from tools.llm.calling.echo import SCHEME, Echo
from tools.llm.calling.transport import Transport

Attributes = Mapping[str, Any]
NOTHING: Attributes = {}


class ModelClient:
    """Asks models. Keep one a process and event loop, and close it."""

    def __init__(
        self,
        http: httpx.AsyncClient | None = None,
        *,
        tracer: Tracer | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._http = http or httpx.AsyncClient(mounts={SCHEME: Echo()})
        self._transport = Transport(self._http)
        self._tracer = tracer or trace.get_tracer("salesboost.models")
        self._clock = clock

    async def complete(
        self, deployment: Deployment, ask: Ask, *, session_id: str = "", about: Attributes = NOTHING
    ) -> Answer:
        """The model's answer, in one piece; *about* stands on its span, too. Raises ModelError."""
        span = self._started(deployment, ask, session_id, about)
        adapter, wire = self._written(span, deployment, ask)
        try:
            body = await self._transport.send(deployment, wire, adapter.key_headers(deployment.key))
            return self._answered(span, adapter.answer(ask, wire, body))
        except ModelError as error:
            return self._answered(span, self._recovered(span, error, ask, wire))
        except BaseException:
            spans.record_error(span, went_away())
            raise
        finally:
            span.end()

    async def stream(
        self, deployment: Deployment, ask: Ask, *, session_id: str = "", about: Attributes = NOTHING
    ) -> AsyncGenerator[Delta | Answer]:
        """Each piece as it comes; the last item is the whole answer. Close it to stop the model.

        Raises ModelError, also amid the pieces.
        """
        # Not the current one: whoever reads may go on in another context.
        span = self._started(deployment, ask, session_id, about)
        adapter, wire = self._written(span, deployment, ask)
        reader = adapter.reader(ask, wire)
        started, is_first = self._clock(), True
        try:
            async with aclosing(
                self._transport.stream(deployment, wire, adapter.key_headers(deployment.key))
            ) as events:
                async for event in events:
                    for delta in reader.add(event):
                        if is_first:
                            span.set_attribute(semconv.TIME_TO_FIRST_CHUNK, self._clock() - started)
                            is_first = False
                        yield delta
            yield self._answered(span, reader.finish())
        except ModelError as error:
            yield self._answered(span, self._recovered(span, error, ask, wire))
        except BaseException:
            spans.record_error(span, went_away())
            raise
        finally:
            span.end()

    async def aclose(self) -> None:
        await self._http.aclose()

    @staticmethod
    def _recovered(span: Span, error: ModelError, ask: Ask, wire: Wire) -> Answer:
        """The answer that *error* holds all the same. Raises *error* where it holds none."""
        answer = recovered(error, ask, wire.export)
        if answer is None:
            spans.record_error(span, error)
            raise error
        span.set_attribute(semconv.RECOVERED, error.code)
        return answer

    @staticmethod
    def _answered(span: Span, answer: Answer) -> Answer:
        spans.record_answer(span, answer)
        return answer

    def _started(self, deployment: Deployment, ask: Ask, session_id: str, about: Attributes) -> Span:
        name = semconv.span_name(semconv.OPERATION_CHAT, "", deployment.model, "")
        attributes = spans.before(deployment, ask, session_id) | dict(about)
        return self._tracer.start_span(name, kind=trace.SpanKind.CLIENT, attributes=attributes)

    @staticmethod
    def _written(span: Span, deployment: Deployment, ask: Ask) -> tuple[Adapter, Wire]:
        """How *deployment* is spoken to, and *ask* in its words. Raises ModelError where that cannot be."""
        try:
            adapter = adapter_of(deployment)
            wire = adapter.request(ask)
        except ModelError as error:
            spans.record_error(span, error)
            span.end()
            raise
        spans.record_request(span, wire)
        return adapter, wire


def adapter_of(deployment: Deployment) -> Adapter:
    """How *deployment* is spoken to. Raises ModelError for one that nobody can."""
    adapter = ADAPTERS.get((deployment.provider, deployment.can.api))
    if adapter is None:
        known = ", ".join(f"{provider} ({api})" for provider, api in ADAPTERS)
        said = f"There is no adapter for {deployment.provider!r} ({deployment.can.api}), only for {known}"
        raise ModelError(ErrorKind.INVALID, said)
    return adapter


def went_away() -> ModelError:
    """What a stream is counted as that nobody read to its end."""
    return ModelError(
        ErrorKind.BROKEN_STREAM, "The caller went away before the answer was whole", code="cancelled"
    )
