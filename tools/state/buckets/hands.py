"""Keeps this process's hands full of tokens, so that calls of busy buckets wait for no round trip.

Wishes go out in the background, all buckets together. No call waits for them: one that finds a hand empty asks.
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

from tools.background import BackgroundLoop
from tools.state.buckets.bucket import Bucket
from tools.state.buckets.lease import Hand, Wish, most_of

logger = logging.getLogger(__name__)
TICK_S = 0.01
# Buckets of callers come and go: those that are not busy are forgotten when there are so many.
MANY = 1000

_all: "weakref.WeakSet[Hands]" = weakref.WeakSet()


class Lender(Protocol):
    """Where tokens come from."""

    async def lease(self, process: str, wishes: Sequence[Wish]) -> list[int]:
        """The tokens granted of each of *wishes*."""


class Hands:
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
        self._hands: dict[str, Hand] = {}
        self._kept_on: asyncio.AbstractEventLoop | None = None

    def take(self, buckets: Sequence[Bucket]) -> bool:
        """Take a token of each; False if one has none in hand: then nothing is taken, and the call has to ask."""
        now = self._clock()
        with self._lock:
            hands = [self._hand(bucket, now) for bucket in buckets if most_of(bucket)]
            if len(hands) < len(buckets):
                return False
            taken = all(hand.has(now) for hand in hands)
            for hand in hands:
                hand.uses += 1
                hand.tokens -= taken
                hand.dry |= not taken
        if not taken:
            self._keep_filled(hands, now)
        return taken

    def _hand(self, bucket: Bucket, now: float) -> Hand:
        found = self._hands.get(bucket.key)
        if found is None:
            if len(self._hands) >= MANY:
                self._hands = {key: hand for key, hand in self._hands.items() if hand.filled}
            found = self._hands[bucket.key] = Hand(bucket, now)
        return found

    def _keep_filled(self, hands: Sequence[Hand], now: float) -> None:
        """Fill those of *hands* that are busy from now on."""
        with self._lock:
            for hand in hands:
                if not hand.filled and hand.busy(now):
                    hand.fill(now)
            if self._kept_on is not None and self._kept_on is self._background.running:
                return
            if not any(hand.filled for hand in hands):
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
                if hand := self._hands.get(wish.bucket.key):
                    hand.receive(count, sent, self._clock())
        return True

    async def release(self) -> None:
        """Give back all that is held."""
        with self._lock:
            held = [hand for hand in self._hands.values() if hand.tokens and self._clock() < hand.until]
            self._hands = {}
        if held:
            await self._lease([Wish(hand.bucket, 0, hand.tokens, 0) for hand in held])

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
            for key, hand in [(key, hand) for key, hand in self._hands.items() if hand.filled]:
                wish = hand.wish(now)
                if wish is None:
                    del self._hands[key]
                else:
                    wishes.append(wish)
            if not wishes:
                self._kept_on = None
        return wishes


def _forget_all() -> None:
    for hands in list(_all):
        hands._forget()


os.register_at_fork(after_in_child=_forget_all)
