"""One tool's slots in one process: who runs, who waits, which slots are in hand and which others are owed."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from tools.state.slots.queue import FairQueue
from tools.state.slots.slot import LEASE_S, Exchange, Exchanged, SlotWish

# How long a slot stays in hand that no call uses: the next one then waits for no round trip.
KEEP_S = 0.05
# How often a process that holds slots asks whether others wait for them.
LOOK_S = 0.1
RENEW_S = LEASE_S / 5
# Slots asked for at once.
MOST_AT_ONCE = 200
# The weight of the newest call in the time that a call is expected to take.
NEWEST = 0.2


@dataclass(eq=False, slots=True)
class Waiter:
    """A call that waits for its turn. The future belongs to its event loop, and is given a slot."""

    caller: str
    loop: asyncio.AbstractEventLoop
    slot: "asyncio.Future[str]"


class Gate:
    """May be used from several threads, for a process has several event loops. *clock* is in seconds."""

    def __init__(self, tool: str, process: str, clock: Callable[[], float]) -> None:
        self.tool = tool
        self.most = 0
        self._process = process
        self._clock = clock
        self._lock = Lock()
        self._made = 0
        self._asking = 0  # calls whose question asks for a slot
        self._idle: OrderedDict[str, float] = OrderedDict()  # in hand, and since when
        self._running: set[str] = set()
        self._line: FairQueue[Waiter] = FairQueue()
        self._back: deque[str] = deque()  # to be given back
        self._owed = 0
        self._told_at = self._renewed_at = float("-inf")
        self._service_s = 0.0

    @property
    def busy(self) -> bool:
        """Whether there is something to exchange, now or soon."""
        return bool(self._idle or self._running or self._line or self._back)

    @property
    def waiting(self) -> int:
        return len(self._line)

    def wish(self) -> SlotWish | None:
        """What a call's question should ask for; None where it need not, or has to wait for its turn anyway."""
        with self._lock:
            if self._idle or self._line or self._holds + self._asking >= self.most:
                return None
            self._asking += 1
            return SlotWish(self._name(), self._process, self.most)

    def answered(self, wish: SlotWish, granted: str | None) -> None:
        """*granted* is the slot, "" where there was none, None where the answer was not heard."""
        with self._lock:
            self._asking -= 1
            if granted:
                self._idle[granted] = self._clock()
            elif granted is None:
                self._back.append(wish.slot)

    def take(self, granted: str = "") -> str:
        """A slot in hand: the one that the call was *granted*, or any if nobody waits; "" where there is none."""
        with self._lock:
            if granted in self._idle:
                del self._idle[granted]
                slot = granted
            elif self._idle and not self._line:
                slot, _ = self._idle.popitem()
            else:
                return ""
            self._running.add(slot)
            return slot

    def join(self, caller: str, most_waiting: int) -> Waiter | None:
        """Wait behind the others; None where too many do."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if len(self._line) >= most_waiting:
                return None
            waiter = Waiter(caller, loop, loop.create_future())
            self._line.add(caller, waiter)
            return waiter

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer; a slot that came too late goes to the next. In the loop of *waiter*."""
        with self._lock:
            self._line.remove(waiter.caller, waiter)
        if not waiter.slot.cancel() and not waiter.slot.cancelled():
            self.release(waiter.slot.result())

    def release(self, slot: str, took_s: float | None = None) -> None:
        """The call that had *slot* has ended."""
        with self._lock:
            self._running.discard(slot)
            if took_s is not None:
                self._service_s += (took_s - self._service_s) * (NEWEST if self._service_s else 1)
            self._pass_on(slot)

    def turn_in_s(self) -> float:
        """How long the next to wait would wait, by how long the last calls took."""
        with self._lock:
            return (len(self._line) + 1) * self._service_s / max(1, len(self._running))

    def offer(self) -> Exchange | None:
        """What is to be exchanged now, if anything is."""
        now = self._clock()
        with self._lock:
            for slot in [slot for slot, since in self._idle.items() if now - since >= KEEP_S]:
                del self._idle[slot]
                self._pass_on(slot, keep=False)
            renewal = self._renewed_at + RENEW_S <= now and self._holds > 0
            look = self._told_at + LOOK_S <= now and self._holds > 0
            if not (self._back or self._line or renewal or look):
                return None
            back, self._told_at = tuple(self._back), now
            self._back.clear()
            self._renewed_at = now if renewal else self._renewed_at
            room = min(len(self._line), self.most - self._holds - self._asking, MOST_AT_ONCE)
            return Exchange(
                tool=self.tool,
                process=self._process,
                most=self.most,
                holds=self._holds,
                waiting=len(self._line),
                back=back,
                renewed=(*self._running, *self._idle) if renewal else (),
                wanted=tuple(self._name() for _ in range(room)),
            )

    def settle(self, asked: Exchange, answer: Exchanged | None) -> None:
        """The *answer* to what was *asked*; None where there was none, so that it is to be said again."""
        with self._lock:
            if answer is None:
                self._back.extend((*asked.back, *asked.wanted))
                self._renewed_at = float("-inf")
                return
            self._owed = 0
            for slot in asked.wanted[: answer.granted]:
                self._pass_on(slot)
            self._owed = answer.owed
            while self._owed and self._idle:
                self._pass_on(self._idle.popitem()[0])

    def put_down(self) -> None:
        """Give back what is in hand: the process ends."""
        with self._lock:
            self._back.extend(self._idle)
            self._idle.clear()

    @property
    def _holds(self) -> int:
        return len(self._idle) + len(self._running)

    def _name(self) -> str:
        self._made += 1
        return f"{self._process}:{self._made}"

    def _pass_on(self, slot: str, keep: bool = True) -> None:
        """*slot* is free: to whom others owe it, to whom waits here, or into the hand."""
        if self._owed:
            self._owed -= 1
            self._back.append(slot)
        elif self._holds >= self.most:  # an admin allows fewer than before
            self._back.append(slot)
        elif self._given(slot):
            self._running.add(slot)
        elif keep:
            self._idle[slot] = self._clock()
        else:
            self._back.append(slot)

    def _given(self, slot: str) -> bool:
        while self._line:
            waiter = self._line.pop()
            try:
                waiter.loop.call_soon_threadsafe(self._hand_over, waiter, slot)
            except RuntimeError:
                continue  # its event loop is closed, and nobody waits any more
            return True
        return False

    def _hand_over(self, waiter: Waiter, slot: str) -> None:
        if waiter.slot.done():
            self.release(slot)
        else:
            waiter.slot.set_result(slot)
