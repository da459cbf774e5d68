"""Shared state of all processes, in Valkey: what stages ask is one Lua script, what they report another."""

import asyncio
import json
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as Disconnected

from tools.state.base import (
    ASK_TIMEOUT_S,
    US,
    Admission,
    BreakerState,
    CacheOptions,
    HearDropped,
    Question,
    Report,
    RunCounts,
)
from tools.state.breakers.part import Heard
from tools.state.buckets.lease import Wish
from tools.state.buckets.part import ValkeyBuckets, lease_arguments
from tools.state.notes import claim, post_notes, read_notes
from tools.state.outcomes.part import read_counts
from tools.state.part import script
from tools.state.parts import valkey_parts
from tools.state.quotas.part import read_used
from tools.state.quotas.quota import Quota, Used
from tools.state.results.part import KeptResults, clear_script
from tools.state.scripts import Script, ScriptLine
from tools.state.slots.part import exchange, exchange_script, read_in_use
from tools.state.slots.slot import Exchange, Exchanged, InUse

PREFIX = "salesboost:tools:"
# What runs in the background waits longer than a call does, for a busy process lets it run late.
PATIENCE_S = 2.0
ADMISSION = Admission()


@dataclass(slots=True)
class _Client:
    """A client and its scripts."""

    client: Any  # redis-py types each reply as everything that any command may answer
    ask: ScriptLine
    report: AsyncScript
    results: KeptResults
    exchange: AsyncScript


class ValkeyState:
    """Raises redis's errors while Valkey is away; ``FallbackState`` is the one that copes.

    *now* (seconds) is for tests: otherwise Valkey's own clock counts, the same for all processes.
    """

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        cache: CacheOptions | None = None,
        prefix: str = PREFIX,
    ) -> None:
        self._url = url
        self._now = now
        self._prefix = prefix
        # Pub/sub knows no databases, so the channel names ours.
        self._channel = f"{prefix}news:{url.rsplit('/', 1)[-1]}"
        parts = valkey_parts(cache or CacheOptions())
        self._parts = {part.name.encode(): part for part in parts}
        self._scripts = {
            "report": script("report", parts),
            "clear": clear_script(),
            "exchange": exchange_script(),
        }
        # By the parts that are in them: Valkey runs through the whole text of a script for each call.
        self._asks: dict[tuple[str, ...], Script] = {}
        # By loop, for connections belong to the loop that opened them, and by timeout.
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, _Client]]
        self._clients = weakref.WeakKeyDictionary()
        self._heard = Heard(clock)
        self._hear_dropped: list[HearDropped] = []
        # What parts tell of each other's subjects: subject and news by part.
        self._hearers: dict[bytes, Callable[[str, str], None]] = {
            b"breakers": lambda tool, rest_us: self._heard.hear(tool, int(rest_us)),
            b"results": lambda tag, _: self._tell_dropped(tag),
        }

    def _here(self, timeout_s: float = PATIENCE_S) -> _Client:
        """The running loop's client."""
        clients = self._clients.setdefault(asyncio.get_running_loop(), {})
        found = clients.get(timeout_s)
        if found is None:
            client = Redis.from_url(
                self._url,
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                # Once more where an idle connection had died: a restart of Valkey leaves many of those.
                retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
            )
            found = clients[timeout_s] = _Client(
                client,
                ScriptLine(client, timeout_s),
                client.register_script(self._scripts["report"]),
                KeptResults(
                    client,
                    client.register_script(self._scripts["clear"]),
                    (self._prefix, self._channel),
                    self._now_us,
                ),
                client.register_script(self._scripts["exchange"]),
            )
        return found

    def _now_us(self) -> str:
        return "" if self._now is None else f"{self._now() * US:.0f}"

    async def ask(self, question: Question) -> Admission:
        names, arguments = [], [self._now_us(), question.tool]
        for part in self._parts.values():
            if wanted := part.arguments(question, self._prefix):
                names.append(part.name)
                arguments += (part.name, *wanted)
        line = self._here(ASK_TIMEOUT_S).ask
        ended, *values = await line.call(self._ask_script(tuple(names)), *arguments)
        if ended:
            return self._parts[values[0]].ended(*values[1:])
        admission = ADMISSION
        for name, value in zip(values[::2], values[1::2], strict=True):
            admission = self._parts[name].granted(admission, value)
        return admission

    def _ask_script(self, names: tuple[str, ...]) -> Script:
        found = self._asks.get(names)
        if found is None:
            text = script("ask", [self._parts[name.encode()] for name in names])
            found = self._asks[names] = Script.of(text)
        return found

    async def report(self, reports: Sequence[Report]) -> None:
        values: list[bytes] = []
        sums = {part.name: part.sums(reports, values) for part in self._parts.values()}
        told = {name: summed for name, summed in sums.items() if summed is not None}
        news = await self._here().report(
            keys=[self._prefix, self._channel], args=[self._now_us(), json.dumps(told), *values]
        )
        for part, subject, word in zip(news[::3], news[1::3], news[2::3], strict=True):
            self._hearers[part](subject.decode(), word.decode())

    def breaker_state(self, tool: str) -> BreakerState:
        return self._heard.state(tool)

    def breaker_rest_s(self, tool: str) -> float:
        return self._heard.rest_s(tool)

    async def listen(self, ready: Callable[[], None], go_on: Callable[[], bool]) -> None:
        """Hear what the parts of other processes tell, until *go_on* says no; *ready* once all known is read."""
        client = self._here().client
        async with client.pubsub(ignore_subscribe_messages=True) as news:
            await news.subscribe(self._channel)
            # Subscribed first, read second: what happens in between is heard twice rather than never.
            await self._read_rests(client)
            ready()
            while go_on():
                message = await news.get_message(timeout=1.0)
                if message is not None:
                    part, word, subject = message["data"].split(b" ", 2)
                    self._hearers[part](subject.decode(), word.decode())

    async def _read_rests(self, client: Any) -> None:
        async with client.pipeline(transaction=False) as pipe:
            (seconds, micros), rests = await pipe.time().hgetall(f"{self._prefix}resting").execute()
        self._heard.read(rests, float(self._now_us() or seconds * US + micros))

    async def cache_statistics(self) -> dict[str, Any]:
        return await self._here().results.statistics()

    async def cache_top(self, limit: int) -> list[dict[str, Any]]:
        return await self._here().results.top(limit)

    async def cache_drop(self, tags: Sequence[str]) -> int:
        gone = await self._here().results.drop(tags)
        for tag in tags:
            self._tell_dropped(tag)
        return gone

    def hear_dropped(self, hear: HearDropped) -> None:
        self._hear_dropped.append(hear)

    def _tell_dropped(self, tag: str) -> None:
        for hear in self._hear_dropped:
            hear(tag)

    async def lease(self, process: str, wishes: Sequence[Wish]) -> list[int]:
        arguments = lease_arguments(process, wishes, self._prefix)
        script_of_buckets = self._ask_script((ValkeyBuckets.name,))
        _, _, granted = await self._here().ask.call(script_of_buckets, self._now_us(), "", *arguments)
        return cast(list[int], granted)

    async def quotas_used(self, quotas: Sequence[Quota]) -> list[Used]:
        return await read_used(self._here().client, self._prefix, quotas, (self._now or time.time)())

    async def exchange_slots(self, asked: Exchange) -> Exchanged:
        return await exchange(self._here().exchange, self._prefix, self._now_us(), asked)

    async def slots_in_use(self, tools: Sequence[str]) -> Mapping[str, InUse]:
        return await read_in_use(self._here().client, self._prefix, tools, (self._now or time.time)())

    async def run_counts(self) -> Mapping[str, RunCounts]:
        return await read_counts(self._here().client, self._prefix, (self._now or time.time)())

    async def claim(self, name: str, hold_s: float) -> bool:
        return await claim(self._here().client, self._prefix, name, hold_s)

    async def post(self, notes: Mapping[str, bytes]) -> None:
        await post_notes(self._here().client, self._prefix, notes)

    async def notes(self) -> Mapping[str, bytes]:
        return await read_notes(self._here().client, self._prefix)

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        for found in self._clients.pop(asyncio.get_running_loop(), {}).values():
            await found.ask.aclose()
            await found.client.aclose()
