"""The gates of all tools in one process, and what goes between them and shared state in the background."""

import asyncio
import logging
import os
import secrets
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Lock

from tools.process.background import BackgroundLoop
from tools.state.base import SharedState
from tools.state.slots.gate import Gate
from tools.state.slots.slot import InUse, SlotWish

logger = logging.getLogger(__name__)
TICK_S = 0.02
_all: "weakref.WeakSet[Gates]" = weakref.WeakSet()


class Gates:
    """One of each process. While a slot is held or a call waits, a task looks after it; else nothing runs."""

    def __init__(
        self, state: SharedState, background: BackgroundLoop, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state = state
        self._background = background
        self._clock = clock
        self._forget()
        _all.add(self)

    def _forget(self) -> None:
        """A forked child holds none of its parent's slots."""
        self._process = secrets.token_hex(6)
        self._gates: dict[str, Gate] = {}
        self._lock = Lock()
        self._kept_on: asyncio.AbstractEventLoop | None = None

    def gate(self, tool: str, most: int) -> Gate:
        """The gate of *tool*, through which *most* calls of all processes may be at once."""
        gate = self._gates.get(tool)
        if gate is None:
            gate = self._gates.setdefault(tool, Gate(tool, self._process, self._clock))
        gate.most = most
        return gate

    def wish(self, tool: str, most: int) -> SlotWish | None:
        """What the question of a call should ask for; to be ``answered``."""
        return self.gate(tool, most).wish()

    def answered(self, tool: str, wish: SlotWish, granted: str | None) -> None:
        """The slot that was granted ("": none; None: no answer was heard) is in hand from now on."""
        self._gates[tool].answered(wish, granted)
        if granted != "":
            self.look_after()

    def look_after(self) -> None:
        """See to it that slots are exchanged until none is held and nobody waits."""
        with self._lock:
            if self._kept_on is None or self._kept_on is not self._background.running:
                self._kept_on = self._background.loop
                self._background.submit(self._keep())

    def in_use(self, tools: Sequence[str]) -> "Future[Mapping[str, InUse]]":
        """How many slots are taken and how many calls wait, in all processes; from any thread."""
        return self._background.submit(self._in_use(tools))

    async def _in_use(self, tools: Sequence[str]) -> Mapping[str, InUse]:
        return await self._state.slots_in_use(tools)

    def close(self) -> None:
        """Give back the slots in hand; others need not wait for their lease to end."""
        for gate in self._gates.values():
            gate.put_down()
        if any(gate.busy for gate in self._gates.values()):
            self._background.submit(self._exchange_all()).result(1.0)

    async def _keep(self) -> None:
        while True:
            await self._exchange_all()
            with self._lock:
                if not any(gate.busy for gate in self._gates.values()):
                    self._kept_on = None
                    return
            await asyncio.sleep(TICK_S)

    async def _exchange_all(self) -> None:
        for gate in list(self._gates.values()):
            asked = gate.offer()
            if asked is None:
                continue
            try:
                answer = await self._state.exchange_slots(asked)
            except Exception:
                logger.exception("the slots of %s could not be exchanged", gate.tool)
                gate.settle(asked, None)
            else:
                gate.settle(asked, answer)


def _forget_all() -> None:
    for gates in list(_all):
        gates._forget()


os.register_at_fork(after_in_child=_forget_all)
