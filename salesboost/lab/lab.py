"""A provider lab for the length of a ``with``: no key, no network, real wire formats."""

import time
from collections.abc import Callable, Sequence
from threading import Thread
from types import TracebackType
from typing import Self

from salesboost.lab.answering import Answering
from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import COMMON
from salesboost.lab.script import KEPT_REQUESTS, Order, Script
from salesboost.lab.server import LabServer
from salesboost.lab.vendors import VENDORS

FAULTS = {name: {**COMMON, **vendor.faults} for name, vendor in VENDORS.items()}


class Lab:
    """Model providers on loopback.

    ``lab.url("anthropic")`` is the base address for that vendor's client, with any key. Requests are answered by a
    planner that calls tools sensibly, by what ``say`` was given, or with the faults that ``fail`` was given.
    """

    def __init__(
        self,
        *,
        seed: int | None = 0,
        port: int = 0,
        latency_ms: float = 0.0,
        kept: int = KEPT_REQUESTS,
        tries: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*kept* is how many requests ``requests`` has at most, *tries* how often a call that failed is made."""
        self.script = Script.of(FAULTS, seed, kept, tries)
        answering = Answering(self.script, seed=seed, clock=clock)
        self.server = LabServer(answering, port, latency=lambda: sleep(self.latency_ms / 1000))
        self.latency_ms = self._usual_latency_ms = latency_ms

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, args=(0.05,), name="provider-lab", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def url(self, vendor: str) -> str:
        """The base address that a client of *vendor* is given. Raises KeyError for one that the lab has not."""
        return f"{self.server.url}/{vendor}{VENDORS[vendor].base}"

    @property
    def requests(self) -> Sequence[Asked]:
        """The requests that were understood, the newest last."""
        return self.script.asked

    def say(self, *replies: Reply) -> None:
        """Answer the next requests with *replies*, in their order."""
        self.script.say(*replies)

    def fail(
        self, fault: str, *, vendor: str = "", model: str = "", times: int | None = 1, share: float = 1.0
    ) -> None:
        """Let *fault* happen to the next requests to *vendor* and *model* ("": any): *times*, or until ``forget``.

        Raises UnknownFault, a ValueError that names those there are.
        """
        self.script.order(Order(fault, vendor, model, times, share))

    def forget(self) -> None:
        """Take back what is still to come and a latency that was set since, and forget the requests."""
        self.script.forget()
        self.latency_ms = self._usual_latency_ms
