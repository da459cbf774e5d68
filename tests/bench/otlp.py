"""Spans over OTLP/HTTP into one daphne and a recorder, answered after the commit.

Beside them plain COPY of the same rows, and a daphne that stores for itself.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from telemetry.dictionaries import lookup
from telemetry.ingest import otlp
from telemetry.models import Span
from telemetry.recorder import intake
from telemetry.recorder.protocol import Head
from telemetry.spans.rows import SpanRow
from telemetry.store import batch_sql, copy_text
from tests.live import Daphne
from tests.telemetry.processes import recorder

CONNECTIONS = 4
SPANS = 200  # a request
REQUESTS = 150  # a round
ROUNDS = 7
COPIED = 2_000  # rows at a time
TRACE_SPANS = 5
CLIENT = Path(__file__).with_name("otlp_client.py")
RESOURCE = {
    "service.name": "shop",
    "service.version": "1.2.0",
    "host.name": "web-1",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": "1.45.2",
}
COMMON = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}


def run() -> Iterator[dict[str, object]]:
    """The figure; needs Django and a migrated scratch database at ``DATABASE_URL``."""
    from tools.decisions.keys import create_key

    _, key = create_key("bench-otlp", ["ingest"])
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_otlp AS SELECT * FROM {pending()} WITH NO DATA")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        address = database_url()
        with recorder(address, base / "recorded"), servers(base, "recorded", "alone") as (recorded, alone):
            yield measured(recorded.url, alone.url, key, base / "requests")


def database_url() -> str:
    """Of the scratch database."""
    name = str(connection.settings_dict["NAME"])
    return re.sub(r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])


@contextmanager
def servers(base: Path, *names: str) -> Iterator[list[Daphne]]:
    """A daphne of each folder of that name, and so beside its recorder, if it has one."""
    found = [
        Daphne(
            str(connection.settings_dict["NAME"]),
            base / f"{name}.log",
            environment={"DATA_DIR": str(base / name)},
        )
        for name in names
    ]
    try:
        for server in found:
            server.start()
        yield found
    finally:
        for server in found:
            server.stop()


def pending() -> str:
    """The table into which the store copies."""
    with connection.cursor() as cursor:
        cursor.execute(batch_sql.CREATE_PENDING)
    return batch_sql.PENDING


def measured(url: str, alone_url: str, key: str, file: Path) -> dict[str, object]:
    random = Random(7)
    sent_rates, alone_rates, copied_rates, in_pieces_rates = [], [], [], []
    for each in (url, alone_url):
        send(each, file, key, [a_body(random) for _ in range(20)])  # warm
    for _ in range(ROUNDS):
        bodies = [a_body(random) for _ in range(REQUESTS)]
        before = Span.objects.count()
        sent_rates.append(send(url, file, key, bodies))
        assert Span.objects.count() - before == SPANS * REQUESTS
        alone_rates.append(send(alone_url, file, key, [a_body(random) for _ in range(REQUESTS)]))
        pieces = [pieces_of(a_body(random)) for _ in range(REQUESTS // 2)]
        halves = [piece for side in zip(*pieces, strict=True) for piece in side]
        in_pieces_rates.append(send(url, file, key, halves) * len(pieces) / len(halves))
        rows = [row for body in bodies[:20] for row in intake.rows_of(Head(otlp.PROTOBUF), body)[0]]
        copied_rates.append(copied(rows))
    sent, plain = statistics.median(sent_rates), statistics.median(copied_rates)
    return {
        "bench": "OTLP over HTTP",
        "connections": CONNECTIONS,
        "batch": SPANS,
        "spans_per_s": round(sent),
        "target_spans_per_s": 15_000,
        "without_a_recorder_spans_per_s": round(statistics.median(alone_rates)),
        "ratio_to_without": round(sent / statistics.median(alone_rates), 2),
        "copy_rows_per_s": round(plain),
        "ratio": round(sent / plain, 2),
        "target_ratio": 0.25,
        "traces_in_two_requests_spans_per_s": round(statistics.median(in_pieces_rates)),
    }


def send(url: str, file: Path, key: str, bodies: Sequence[bytes]) -> float:
    """Spans a second of *bodies* sent by another process, all of which have to be taken."""
    said = answers(url, file, key, bodies)
    assert said["statuses"] == {"200": len(bodies)}, said
    return len(bodies) * SPANS / float(said["seconds"])


def answers(url: str, file: Path, key: str, bodies: Sequence[bytes]) -> dict[str, Any]:
    """What the process says that sends *bodies*: the statuses of the answers and the seconds that it took."""
    host = urlsplit(url)
    with file.open("wb") as packed:
        for body in bodies:
            request = head(str(host.netloc), key, len(body)) + body
            packed.write(len(request).to_bytes(4, "big") + request)
    command = [sys.executable, str(CLIENT), str(host.hostname), str(host.port), str(CONNECTIONS), str(file)]
    ran = subprocess.run(command, capture_output=True, check=True, timeout=300)
    return dict(json.loads(ran.stdout))


def head(netloc: str, key: str, length: int) -> bytes:
    return (
        f"POST /v1/traces HTTP/1.1\r\nHost: {netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/x-protobuf\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def copied(rows: Sequence[SpanRow]) -> float:
    """Rows a second by plain COPY into a table without key and index."""
    command = batch_sql.COPY.replace(batch_sql.PENDING, "bench_otlp")
    began = time.perf_counter()
    for at in range(0, len(rows), COPIED):
        part = rows[at : at + COPIED]
        text = copy_text.lines(part, lookup.resolve(part))
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            copy.write(text)
    return len(rows) / (time.perf_counter() - began)


# --- Spans as an agent makes them: itself, one call of a model, three of tools -----------------------------


def a_body(random: Random) -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    _fill(resource_spans.resource.attributes, RESOURCE)
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "shop.agent", "0.1"
    now = time.time_ns()
    for _ in range(SPANS // TRACE_SPANS):
        trace_id, root, session = random.randbytes(16), random.randbytes(8), f"session-{random.getrandbits(40):x}"
        for number in range(TRACE_SPANS):
            span = scope_spans.spans.add(trace_id=trace_id, span_id=random.randbytes(8) if number else root)
            span.parent_span_id = root if number else b""
            span.start_time_unix_nano = now - random.randrange(10**9)
            span.end_time_unix_nano = span.start_time_unix_nano + random.randrange(10**8)
            span.kind = 3 if number == 1 else 1
            _describe(span, random, number, session)
    return request.SerializeToString()


def pieces_of(body: bytes) -> tuple[bytes, bytes]:
    """*body* in two: the calls of its tools, which end first, and what is around them."""
    calls, rest = (ExportTraceServiceRequest.FromString(body) for _ in range(2))
    for request, wanted in ((calls, True), (rest, False)):
        spans = request.resource_spans[0].scope_spans[0].spans
        kept = [span for span in spans if span.name.startswith("execute_tool") is wanted]
        del spans[:]
        spans.extend(kept)
    return calls.SerializeToString(), rest.SerializeToString()


def _describe(span, random: Random, number: int, session: str) -> None:
    attributes: dict[str, object] = {"gen_ai.conversation.id": session}
    if number == 0:
        span.name = "invoke_agent coach"
        attributes |= {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "coach", **COMMON}
    elif number == 1:
        span.name = "chat gpt-4o"
        attributes |= {
            "gen_ai.operation.name": "chat",
            **COMMON,
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.response.id": f"chatcmpl-{random.getrandbits(64):x}",
            "gen_ai.request.temperature": 0.2,
            "server.address": "api.openai.com",
            "server.port": 443,
            "gen_ai.usage.input_tokens": random.randrange(2_000),
            "gen_ai.usage.output_tokens": random.randrange(500),
        }
    else:
        tool, customer = f"tool{random.randrange(8)}", random.randrange(10**5)
        span.name = f"execute_tool {tool}"
        attributes |= {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": f"call_{random.getrandbits(96):x}",
            "gen_ai.tool.call.arguments": f'{{"action":"read","customer_id":"CUST{customer:05d}"}}',
            "gen_ai.tool.call.result": f'{{"customer_id":"CUST{customer:05d}","name":"Jane","stage":"proposal"}}',
        }
        if random.random() < 0.1:
            span.status.code, span.status.message = 2, "upstream timed out"
            attributes["error.type"] = "TimeoutError"
    _fill(span.attributes, attributes)


def _fill(pairs, attributes: dict[str, object]) -> None:
    for name, value in attributes.items():
        pair = pairs.add(key=name)
        kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(pair.value, kind, value)
