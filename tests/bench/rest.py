"""Calls over REST with everything running, as `manage.py up` starts it: how many a second, how long they take."""

import asyncio
import itertools
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from urllib.parse import urlsplit

from salesboost.demo.calls import next_call
from tests.running import Running, a_data_dir, up

CONNECTIONS = 16
WARM_UP_S, MEASURED_S = 3.0, 10.0
# Tools without a rate of their own; a mix as conversations have it, so that some answers come from the cache.
UNLIMITED = {"profile_reader", "price_calculator", "stage_classifier", "compliance_check", "competitor_analysis"}
CALLS = 2_000


def run() -> Iterator[dict[str, object]]:
    with a_data_dir() as folder, up(folder) as running:
        asyncio.run(load(running, WARM_UP_S))
        statuses, took_ms, seconds = asyncio.run(load(running, MEASURED_S))
    ordered = sorted(took_ms)
    yield {
        "bench": "execute over REST",
        "connections": CONNECTIONS,
        "calls_per_s": round(len(ordered) / seconds),
        "target_calls_per_s": 250,
        "median_ms": round(statistics.median(ordered), 1),
        "p99_ms": round(ordered[int(0.99 * len(ordered))], 1),
        "target_p99_ms": 150,
        "statuses": dict(statuses),
    }


async def load(running: Running, duration_s: float) -> tuple[Counter[int], list[float], float]:
    """Statuses, milliseconds of each call, and how long it went on."""
    host = urlsplit(running.url)
    bodies = itertools.cycle(requests(running, str(host.netloc)))
    statuses: Counter[int] = Counter()
    took_ms: list[float] = []
    began = time.perf_counter()

    async def caller() -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        while time.perf_counter() - began < duration_s:
            sent = time.perf_counter()
            writer.write(next(bodies))
            statuses[await status(reader)] += 1
            took_ms.append((time.perf_counter() - sent) * 1000)
        writer.close()

    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))
    return statuses, took_ms, time.perf_counter() - began


def requests(running: Running, netloc: str) -> list[bytes]:
    """Whole requests, made beforehand: a client of the usual kind would cost more than the server."""
    random, made = Random(7), []
    key = running.credentials["api_key"]
    while len(made) < CALLS:
        call = next_call(random)
        if call.tool not in UNLIMITED:
            continue
        body = json.dumps({"tool": call.tool, "payload": call.payload, "caller_role": "coach"}).encode()
        head = (
            f"POST /api/v1/tools/execute HTTP/1.1\r\nHost: {netloc}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def status(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, whose body is read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split(b" ", 2)[1])
