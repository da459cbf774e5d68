"""Plays conversations with models and calls of programs against the REST API, at a steady rate."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import httpx

from salesboost.demo.agent import Agent
from salesboost.demo.calls import DemoCall, next_call
from salesboost.demo.incidents import Incidents
from salesboost.demo.talks import Talk, next_talk

IN_FLIGHT = 40
# Of all that is asked: a turn has two requests to models and a call, and takes ten times as much of the processor.
TALK_SHARE = 0.2


@dataclass
class Traffic:
    """Poisson arrivals at *rate* a second; never more than IN_FLIGHT at once.

    *lab* is the provider lab's address; without it nobody talks with models, and nothing goes wrong on purpose.
    """

    url: str
    api_key: str
    rate: float
    random: Random
    say: Callable[[str], None]
    lab: str = ""
    statuses: Counter[str] = field(default_factory=Counter)
    talks: int = 0

    def __post_init__(self) -> None:
        self.agent = Agent(self.url, self.api_key)
        self.start = f"{int(time.time()):x}"

    async def run(self, duration_s: float = 0.0) -> None:
        """Call until cancelled, or for *duration_s*."""
        began = due = reported = time.monotonic()
        places = asyncio.Semaphore(IN_FLIGHT)
        headers = {"Authorization": f"Bearer {self.api_key}"}
        limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
        async with (
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, limits=limits) as client,
            asyncio.TaskGroup() as tasks,
        ):
            incidents = tasks.create_task(Incidents(self.lab, self.say).run()) if self.lab else None
            while not duration_s or due - began < duration_s:
                due += self.random.expovariate(self.rate)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                # Behind by more than a second (a suspended laptop, a restart): go on from now, no burst.
                due = max(due, time.monotonic() - 1.0)
                await places.acquire()
                tasks.create_task(self.place(client, self.next(), places))
                if time.monotonic() - reported > 60:
                    reported = time.monotonic()
                    self.report()
            if incidents:
                incidents.cancel()
        self.agent.close()

    def next(self) -> DemoCall | Talk:
        """What is asked next."""
        if not self.lab or self.random.random() >= TALK_SHARE:
            return next_call(self.random)
        self.talks += 1
        return next_talk(self.random, self.talks - 1, self.start)

    async def place(self, client: httpx.AsyncClient, asked: DemoCall | Talk, places: asyncio.Semaphore) -> None:
        span, headers = self.agent.begin(asked.agent, asked.session_id)
        kind = "turn" if isinstance(asked, Talk) else "call"
        try:
            answer = await client.post(asked.path, json=asked.body(), headers=headers)
            self.statuses[f"{kind} {answer.status_code}"] += 1
        except httpx.HTTPError as error:
            self.statuses[f"{kind} {type(error).__name__}"] += 1
            await asyncio.sleep(0.5)
        finally:
            span.end()
            places.release()

    def report(self) -> None:
        counted = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        self.say(f"{self.statuses.total()} requests ({counted})")
