"""Does what the schedule says: promotes and rolls back prompts, has vendors of the lab fail and recover."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from django.db import DatabaseError, connections

from salesboost.demo import prompts
from salesboost.demo.schedule import WORSE, Outage, outage, worse_prompts

LOOK_S = 1.0


@dataclass
class Incidents:
    """At the lab with the address *lab*; *say* is told of each change."""

    lab: str
    say: Callable[[str], None]
    # Nobody knows what a run that was killed has left.
    worse: set[str] = field(default_factory=lambda: set(WORSE))
    outage: Outage | None = field(default_factory=lambda: Outage("", ""))

    async def run(self) -> None:
        """Until cancelled; what was done is undone at the end."""
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self.lab, timeout=5) as client:
            try:
                while True:
                    elapsed_s = time.monotonic() - began
                    await self.settle(client, worse_prompts(elapsed_s), outage(elapsed_s))
                    await asyncio.sleep(LOOK_S)
            finally:
                await asyncio.to_thread(self.set_prompts, frozenset[str]())

    async def settle(self, client: httpx.AsyncClient, worse: frozenset[str], wanted: Outage | None) -> None:
        """Bring about that *worse* prompts and the *wanted* outage are what there is."""
        if self.worse != worse:
            await asyncio.to_thread(self.set_prompts, worse)
        if self.outage != wanted:
            try:
                await order(client, wanted)
            except httpx.HTTPError:
                return  # it is just being started again: the next look is in a second
            self.outage = wanted
            self.say(f"{wanted.vendor} is {wanted.fault}" if wanted else "all vendors answer")

    def set_prompts(self, worse: frozenset[str]) -> None:
        """Queries; the connection is given back. While Postgres is away all stays as it is."""
        try:
            for name in WORSE:
                changed = prompts.promote(name) if name in worse else prompts.roll_back(name)
                if changed:
                    self.say(f"prompt {name}: {'a worse version goes live' if name in worse else 'rolled back'}")
            self.worse = set(worse)
        except DatabaseError:
            return
        finally:
            connections.close_all()


async def order(client: httpx.AsyncClient, wanted: Outage | None) -> None:
    """Have the lab fail as *wanted*, and in no other way."""
    (await client.delete("/lab/script")).raise_for_status()
    if wanted:
        told = {"vendor": wanted.vendor, "fault": wanted.fault, "times": None}
        (await client.post("/lab/faults", json=told)).raise_for_status()
