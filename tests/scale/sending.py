"""What the scaling tests send: OTLP bodies whose spans are numbered, so that each can be looked for."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

KEY = "sb_scaling-tests-only-0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-protobuf"}


def body(numbers, tool="crm") -> bytes:
    """A request with one tool call for each of *numbers*, its session."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.append(_pair("service.name", "shop"))
    spans = resource_spans.scope_spans.add().spans
    now = time.time_ns()
    for number in numbers:
        span = spans.add(
            trace_id=(number + 1).to_bytes(16, "big"),
            span_id=(number + 1).to_bytes(8, "big"),
            name=f"execute_tool {tool}",
            kind=1,
            start_time_unix_nano=now - 5_000_000,
            end_time_unix_nano=now,
        )
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.conversation.id": str(number),
        }
        span.attributes.extend(_pair(name, value) for name, value in attributes.items())
    return request.SerializeToString()


def send(url: str, content: bytes, patience_s: float = 40.0) -> None:
    """Send *content* until it is answered 200, as an exporter does."""
    until = time.monotonic() + patience_s
    while True:
        try:
            answer = httpx.post(f"{url}/v1/traces", content=content, headers=HEADERS, timeout=20)
            if answer.status_code == 200:
                return
            assert answer.status_code in {502, 503}, answer.text
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, "it was never answered"
        time.sleep(0.1)


def send_all(urls: list[str], bodies: list[bytes], connections: int = 4) -> None:
    """Send each of *bodies* to one of *urls*, over some connections at a time."""
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, *zip(*zip(cycle(urls), bodies, strict=False), strict=True)))


def _pair(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))
