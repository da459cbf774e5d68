"""Where the first deployment fails: how long it takes to a first piece, beyond what the next one takes alone."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from salesboost.lab import Lab
from tests.ports import free_port

TARGET_MS, HANG_TARGET_MS = 200.0, 2_000.0
HANG_TIMEOUT_S = 1.5


@dataclass(frozen=True)
class Failure:
    """How the first fails: by a fault of the lab, or where nobody listens."""

    name: str
    fault: str
    rounds: int
    target_ms: float


FAILURES = (
    Failure("refused connection", "", 40, TARGET_MS),
    Failure("503", "overloaded", 40, TARGET_MS),
    Failure("hang, first-token timeout 1.5 s", "silence", 5, HANG_TARGET_MS),
)


def run() -> Iterator[dict[str, object]]:
    """A figure a failure."""
    with Lab() as lab:
        for failure in FAILURES:
            yield asyncio.run(measured(lab, failure))


async def measured(lab: Lab, failure: Failure) -> dict[str, object]:
    from tests.tools.llm.models import deployment
    from tools.llm.calling import ModelClient

    lab.forget()
    first, second = deployment(lab, "openai chat"), deployment(lab, "anthropic haiku")
    if failure.fault:
        lab.fail(failure.fault, vendor="openai", times=None)
        first = replace(first, timeout_s=30.0, first_token_timeout_s=HANG_TIMEOUT_S)
    else:
        first = replace(first, base_url=f"http://127.0.0.1:{free_port()}/v1")
    client = ModelClient()
    alone, both = [], []
    for number in range(-2, failure.rounds):
        taken = [await first_piece_ms(client, second), await first_piece_ms(client, first, second)]
        if number >= 0:
            alone.append(taken[0])
            both.append(taken[1] - taken[0])
    await client.aclose()
    return {
        "bench": f"failover from a {failure.name} to the next one's first piece",
        "alone_ms": round(statistics.median(alone), 1),
        "beyond_ms": round(statistics.median(both), 1),
        "most_beyond_ms": round(max(both), 1),
        "target": f"<= {failure.target_ms:g} ms",
    }


async def first_piece_ms(client: Any, *deployments: Any) -> float:
    """To the first piece of *deployments* as a route, of which nothing is known yet."""
    from tests.tools.llm.models import ask, asked
    from tools.llm.routing import Entry, Route, Router
    from tools.llm.routing.health import Health
    from tools.process.background import BackgroundLoop
    from tools.state.memory import MemoryState
    from tools.state.reporter import Reporter

    state, background = MemoryState(), BackgroundLoop("bench")
    router = Router(client, Health(state, Reporter(state, background)))
    entries = tuple(Entry(deployment=each, rank=rank) for rank, each in enumerate(deployments))
    began = time.perf_counter()
    pieces = router.stream(
        Route(name="bench", entries=entries), lambda where, simpler: ask(where, asked(), stream=True)
    )
    async with aclosing(pieces):
        await anext(pieces)
        took = (time.perf_counter() - began) * 1_000
    background.stop()
    return took
