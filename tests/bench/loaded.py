"""How long calls over REST take, 50 a second, while OTLP spans come in beside them, and without, in alternation.

A call begins at its time, whatever became of those before it, and is counted from then on: while a server halts
for a moment, all are late that would have come meanwhile.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

from tests.bench import otlp, rest
from tests.bench.rounds import alternate, p99, ratio
from tests.running import Running, a_data_dir, up

CALLS_A_SECOND, CONNECTIONS = 50, 16
SPANS_A_SECOND = 2_000
ROUNDS, ROUND_S, WARM_UP_S = 5, 10, 10


@dataclass(frozen=True, slots=True)
class Load:
    """Requests at their times: how long each took from when it was due, and how all were answered."""

    took_ms: Sequence[float]
    statuses: Counter[int]
    seconds: float


def run() -> Iterator[dict[str, object]]:
    with a_data_dir() as folder, up(folder) as running:
        measured(running, WARM_UP_S, spans=True)
        rounds = alternate(
            {
                "without": lambda: measured(running, ROUND_S, spans=False),
                "with": lambda: measured(running, ROUND_S, spans=True),
            },
            ROUNDS,
        )
    calls = {name: [p99(calls.took_ms) for calls, _ in found] for name, found in rounds.items()}
    compared = ratio(calls["with"], calls["without"])
    yield {
        "bench": f"execute over REST, {CALLS_A_SECOND}/s, beside OTLP",
        "without_p99_ms": round(compared.theirs, 1),
        "with_p99_ms": round(compared.ours, 1),
        "ratio": round(compared.value, 2),
        "of_a_round": [round(compared.least, 2), round(compared.most, 2)],
        "target_ratio": 1.5,
        "spans_per_s": round(min(spans_a_second(beside) for _, beside in rounds["with"])),
        "statuses": [dict(sum((calls.statuses for calls, _ in found), Counter())) for found in rounds.values()],
    }


def spans_a_second(beside: Load) -> float:
    """How many were taken."""
    return beside.statuses[200] * otlp.SPANS / beside.seconds


def measured(running: Running, seconds: int, *, spans: bool) -> tuple[Load, Load]:
    """The calls of so many *seconds*, and what came in over OTLP beside them, if *spans* are sent."""
    netloc = str(urlsplit(running.url).netloc)
    calls = list(itertools.islice(itertools.cycle(rest.requests(running, netloc)), CALLS_A_SECOND * seconds))
    random, batches_a_second = Random(time.time_ns()), SPANS_A_SECOND // otlp.SPANS
    bodies = [otlp.a_body(random) for _ in range(batches_a_second * seconds if spans else 0)]
    key = running.credentials["api_key"]
    batches = [otlp.head(netloc, key, len(body)) + body for body in bodies]

    async def both() -> tuple[Load, Load]:
        return await asyncio.gather(
            paced(running.url, calls, CALLS_A_SECOND, CONNECTIONS),
            paced(running.url, batches, batches_a_second, otlp.CONNECTIONS),
        )

    return asyncio.run(both())


async def paced(url: str, requests: Sequence[bytes], a_second: float, connections: int) -> Load:
    """Send whole *requests* over so many *connections*, each when it is due or, if all are busy, after that."""
    host = urlsplit(url)
    due = iter(enumerate(requests))
    took_ms: list[float] = []
    statuses: Counter[int] = Counter()
    began = time.perf_counter()

    async def sender() -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        for number, request in due:
            at = began + number / a_second
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            writer.write(request)
            statuses[await rest.status(reader)] += 1
            took_ms.append((time.perf_counter() - at) * 1000)
        writer.close()

    await asyncio.gather(*(sender() for _ in range(connections)))
    return Load(took_ms, statuses, time.perf_counter() - began)
