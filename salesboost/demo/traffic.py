"""Plays the conversations against the REST API, at a steady rate, with a provider that goes bad now and then."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import httpx

from salesboost.demo.agent import Agent
from salesboost.demo.conversations import DemoCall, next_call

# A degradation deep enough to fire the default rule, and then long enough quiet for it to recover: three in ten
# calls come from the provider, so that the tool falls to about 80 % of the rule's five minutes.
FIRST_DEGRADATION_S = 60.0
DEGRADED_S = 200.0
CYCLE_S = 900.0
DEGRADED_PROVIDER = "groq"
IN_FLIGHT = 40


def degraded_provider(elapsed_s: float) -> str:
    """The provider that sends bad arguments *elapsed_s* after the start; empty while all are well."""
    into_cycle = (elapsed_s - FIRST_DEGRADATION_S) % CYCLE_S
    return DEGRADED_PROVIDER if elapsed_s >= FIRST_DEGRADATION_S and into_cycle < DEGRADED_S else ""


@dataclass
class Traffic:
    """Poisson arrivals at *rate* a second; never more than IN_FLIGHT calls at once."""

    url: str
    api_key: str
    rate: float
    random: Random
    say: Callable[[str], None]
    statuses: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        # A generator of its own: what the model says must not change which calls are made.
        self.agent = Agent(self.url, self.api_key, Random(self.rate))

    async def run(self, duration_s: float = 0.0) -> None:
        """Call until cancelled, or for *duration_s*."""
        began = due = time.monotonic()
        reported = began
        places = asyncio.Semaphore(IN_FLIGHT)
        headers = {"Authorization": f"Bearer {self.api_key}"}
        limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
        async with (
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, limits=limits) as client,
            asyncio.TaskGroup() as calls,
        ):
            while not duration_s or due - began < duration_s:
                due += self.random.expovariate(self.rate)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                # Behind by more than a second (a suspended laptop, a restart): go on from now, no burst.
                due = max(due, time.monotonic() - 1.0)
                await places.acquire()
                call = next_call(self.random, degraded_provider(time.monotonic() - began))
                calls.create_task(self.place(client, call, places))
                if time.monotonic() - reported > 60:
                    reported = time.monotonic()
                    self.report()
        self.report()
        self.close()

    async def place(self, client: httpx.AsyncClient, call: DemoCall, places: asyncio.Semaphore) -> None:
        span, headers = self.agent.think(call)
        try:
            answer = await client.post("/api/v1/tools/execute", json=call.body(), headers=headers)
            self.statuses[str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            self.statuses[type(error).__name__] += 1
            await asyncio.sleep(0.5)
        finally:
            span.end()
            places.release()

    def close(self) -> None:
        """Send the spans that are left."""
        self.agent.close()

    def report(self) -> None:
        counted = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        self.say(f"{self.statuses.total()} calls ({counted})")
