"""What the lab answers next: a fault that was ordered, a reply that was ordered, or what the planner says."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import NamedTuple

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.planner import Planner

# One request can ask for its own fault: for a try by hand.
FAULT_HEADER = "x-lab-fault"
KEPT_REQUESTS = 1_000


class UnknownFault(ValueError):
    """There is no such fault; the message names those there are."""


@dataclass(slots=True)
class Order:
    """A fault to come: for *vendor* and *model* ("": any), so many *times* (None: until it is taken back)."""

    fault: str
    vendor: str = ""
    model: str = ""
    times: int | None = 1
    share: float = 1.0

    def concerns(self, asked: Asked) -> bool:
        return self.vendor in ("", asked.vendor) and self.model in ("", asked.model)


class Next(NamedTuple):
    """What to answer: the reply, and what goes wrong with it."""

    reply: Reply
    fault: Fault | None


@dataclass(slots=True)
class Script:
    """Thread-safe. ``faults`` are those of each vendor, by name."""

    faults: Mapping[str, Mapping[str, Fault]]
    random: Random
    planner: Callable[[Asked], Reply]
    _orders: list[Order] = field(default_factory=list)
    _replies: deque[Reply] = field(default_factory=deque)
    _asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=KEPT_REQUESTS))
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(
        cls,
        faults: Mapping[str, Mapping[str, Fault]],
        seed: int | None,
        kept: int = KEPT_REQUESTS,
        tries: int = 1,
    ) -> "Script":
        """A script whose chances and plans are the same for the same *seed*; remembers *kept* requests."""
        return cls(faults, Random(seed), Planner(seed or 0, tries), _asked=deque(maxlen=kept))

    @property
    def asked(self) -> Sequence[Asked]:
        """The requests that were understood, the newest last."""
        with self._lock:
            return list(self._asked)

    def say(self, *replies: Reply) -> None:
        """Answer the next requests with *replies*, whichever vendor is asked."""
        with self._lock:
            self._replies.extend(replies)

    def order(self, order: Order) -> None:
        """Let a fault happen. Raises UnknownFault for one that its vendor does not have."""
        for vendor, known in self.faults.items():
            if order.vendor in ("", vendor) and order.fault in known:
                break
        else:
            raise UnknownFault(self._unknown(order))
        with self._lock:
            self._orders.append(order)

    def take_back(self, order: Order) -> None:
        """Let the fault of *order* happen no more; what else was ordered stays."""
        with self._lock:
            self._orders = [each for each in self._orders if each is not order]

    def forget(self) -> None:
        """Take back all faults and replies that are still to come, and the list of requests."""
        with self._lock:
            self._orders.clear()
            self._replies.clear()
            self._asked.clear()

    def next(self, asked: Asked) -> Next:
        """What *asked* is answered with."""
        with self._lock:
            self._asked.append(asked)
            fault = self._ordered(asked)
            is_said = fault is None or fault.status == 0
            reply = self._replies.popleft() if self._replies and is_said else None
        return Next(reply or self.planner(asked), fault)

    def _ordered(self, asked: Asked) -> Fault | None:
        known = self.faults[asked.vendor]
        if named := known.get(asked.headers.get(FAULT_HEADER, "")):
            return named
        for order in self._orders:
            if order.concerns(asked) and order.fault in known and self.random.random() < order.share:
                if order.times is not None:
                    order.times -= 1
                    if not order.times:
                        self._orders.remove(order)
                return known[order.fault]
        return None

    def _unknown(self, order: Order) -> str:
        if order.vendor and order.vendor not in self.faults:
            return f"The lab has no vendor {order.vendor!r}: use one of {', '.join(self.faults)}."
        known = {name for vendor, names in self.faults.items() if order.vendor in ("", vendor) for name in names}
        return f"There is no fault {order.fault!r}: use one of {', '.join(sorted(known))}."
