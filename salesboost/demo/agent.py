"""The application that makes the demonstration's calls, as OpenTelemetry sees it: an agent that asks a model.

It is a foreign application: it sends its spans by OpenTelemetry's own exporter, and its calls carry its trace.
"""

import json
import time
from random import Random
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from salesboost.demo.conversations import UTTERANCES, DemoCall
from telemetry import semconv

THINKING_MS = (300, 1500)
_propagator = TraceContextTextMapPropagator()


class Agent:
    """Makes a trace of each call: the agent's span, and the model's that asked for the tool."""

    def __init__(self, url: str, api_key: str, random: Random) -> None:
        self._random = random
        self._provider = TracerProvider(resource=Resource.create({"service.name": "sales-coach"}))
        exporter = OTLPSpanExporter(f"{url}/v1/traces", headers={"Authorization": f"Bearer {api_key}"})
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("demo.agent")

    def think(self, call: DemoCall) -> tuple[Span, dict[str, str]]:
        """The open span of the agent that makes *call*, and the headers that the call has to carry."""
        now = time.time_ns()
        began = now - self._random.randint(*THINKING_MS) * 1_000_000
        about = {semconv.CONVERSATION_ID: call.session_id, semconv.AGENT_NAME: call.context["agent"]}
        agent = self._tracer.start_span(f"invoke_agent {call.context['agent']}", start_time=began)
        agent.set_attributes({semconv.OPERATION_NAME: "invoke_agent", **about})
        inside = set_span_in_context(agent)
        model = self._tracer.start_span(f"chat {call.context['model']}", inside, start_time=began)
        model.set_attributes({semconv.OPERATION_NAME: "chat", **about, **self._answer(call)})
        model.end(now)
        headers: dict[str, str] = {}
        _propagator.inject(headers, inside)
        return agent, headers

    def _answer(self, call: DemoCall) -> dict[str, Any]:
        said = str(call.payload.get("query") or self._random.choice(UTTERANCES))
        asked = {"type": "tool_call", "name": call.tool, "arguments": call.payload}
        return {
            semconv.PROVIDER_NAME: call.context["provider"],
            semconv.REQUEST_MODEL: call.context["model"],
            semconv.PROMPT_VERSION: call.context["prompt_version"],
            semconv.INPUT_TOKENS: self._random.randint(600, 2_500),
            semconv.OUTPUT_TOKENS: self._random.randint(20, 250),
            semconv.INPUT_MESSAGES: _messages("user", {"type": "text", "content": said}),
            semconv.OUTPUT_MESSAGES: _messages("assistant", asked),
        }

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _messages(role: str, part: dict[str, Any]) -> str:
    return json.dumps([{"role": role, "parts": [part]}])
