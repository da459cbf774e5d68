"""Keeps this process's leases full of tokens, so that calls of busy buckets wait for no round trip.

Wishes go out in the background, all buckets together. No call waits for them: one that finds a lease empty asks.
"""

import asyncio
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from random import getrandbits
from typing import Protocol

from tools.process.background import BackgroundLoop
from tools.state.buckets.bucket import Bucket
from tools.state.buckets.lease import Lease, Wish, most_of

logger = logging.getLogger(__name__)
TICK_S = 0.01
# Buckets of callers come and go: those that are not busy are forgotten when there are so many.
MANY = 1000

_all: "weakref.WeakSet[Leases]" = weakref.WeakSet()


class Lender(Protocol):
    """Where tokens come from."""

    async def lease(self, process: str, wishes: Sequence[Wish]) -> list[int]:
        """The tokens granted of each of *wishes*."""


class Leases:
    """One for each bucket; shared by the event loops of all threads. A forked child starts with none."""

    def __init__(
        self, lender: Lender, background: BackgroundLoop, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lender = lender
        self._background = background
        self._clock = clock
        self._forget()
        _all.add(self)

    def _forget(self) -> None:
        self._process = f"{os.getpid()}-{getrandbits(64):016x}"
        self._lock = threading.Lock()
        self._leases: dict[str, Lease] = {}
        self._kept_on: asyncio.AbstractEventLoop | None = None

    def take(self, buckets: Sequence[Bucket]) -> bool:
        """Take a token of each; False if one has none in hand: then nothing is taken, and the call has to ask."""
        now = self._clock()
        with self._lock:
            leases = [self._lease_of(bucket, now) for bucket in buckets if most_of(bucket)]
            if len(leases) < len(buckets):
                return False
            taken = all(lease.has(now) for lease in leases)
            for lease in leases:
                lease.uses += 1
                lease.tokens -= taken
                lease.dry |= not taken
        if not taken:
            self._keep_filled(leases, now)
        return taken

    def _lease_of(self, bucket: Bucket, now: float) -> Lease:
        found = self._leases.get(bucket.key)
        if found is None:
            if len(self._leases) >= MANY:
                self._leases = {key: lease for key, lease in self._leases.items() if lease.filled}
            found = self._leases[bucket.key] = Lease(bucket, now)
        return found

    def _keep_filled(self, leases: Sequence[Lease], now: float) -> None:
        """Fill those of *leases* that are busy from now on."""
        with self._lock:
            for lease in leases:
                if not lease.filled and lease.busy(now):
                    lease.fill(now)
            if self._kept_on is not None and self._kept_on is self._background.running:
                return
            if not any(lease.filled for lease in leases):
                return
            self._kept_on = self._background.loop
        self._background.submit(self._keep())

    async def _keep(self) -> None:
        while await self.refill():
            await asyncio.sleep(TICK_S)

    async def refill(self) -> bool:
        """Say once what is held, wanted and given back; False if there is nothing left to be kept filled."""
        wishes = self._wishes()
        if not wishes:
            return False
        sent = self._clock()
        granted = await self._lease(wishes)
        with self._lock:
            for wish, count in zip(wishes, granted, strict=False):
                if lease := self._leases.get(wish.bucket.key):
                    lease.receive(count, sent, self._clock())
        return True

    async def release(self) -> None:
        """Give back all that is held."""
        with self._lock:
            held = [lease for lease in self._leases.values() if lease.tokens and self._clock() < lease.until]
            self._leases = {}
        if held:
            await self._lease([Wish(lease.bucket, 0, lease.tokens, 0) for lease in held])

    async def _lease(self, wishes: Sequence[Wish]) -> list[int]:
        """The tokens granted of each of *wishes*; none at all where nobody can be asked."""
        try:
            return await self._lender.lease(self._process, wishes)
        except Exception as error:  # whatever it is: calls then ask, each for itself
            logger.warning("no tokens could be leased: %r", error)
            return []

    def _wishes(self) -> list[Wish]:
        now, wishes = self._clock(), []
        with self._lock:
            for key, lease in [(key, lease) for key, lease in self._leases.items() if lease.filled]:
                wish = lease.wish(now)
                if wish is None:
                    del self._leases[key]
                else:
                    wishes.append(wish)
            if not wishes:
                self._kept_on = None
        return wishes


def _forget_all() -> None:
    for leases in list(_all):
        leases._forget()


os.register_at_fork(after_in_child=_forget_all)
