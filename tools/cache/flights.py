"""Single flight: equal calls of one process that overlap run the tool once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from telemetry.semconv import Outcome
from tools.calls.call import ToolResult
from tools.errors import ToolError

# How a call can end that says the same to every caller: the tool itself ran and failed. A refusal (rate, quota,
# breaker), or a deadline that only the caller wanted, is about the one who asked.
SHARED = frozenset({Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.RETURNED_FAILURE, Outcome.TOOL_BUG})
Ending = ToolResult | ToolError


@dataclass(frozen=True, slots=True)
class Joined:
    """How the other call ended."""

    ending: Ending


class Flight:
    """A call that runs, and the equal calls that wait for its ending; None tells one of them to run instead."""

    __slots__ = ("waiting",)

    def __init__(self) -> None:
        self.waiting: deque[asyncio.Future[Ending | None]] = deque()


class Flights:
    """By key. The calls may be on event loops of several threads."""

    def __init__(self) -> None:
        self._flights: dict[str, Flight] = {}
        self._lock = Lock()

    async def join(
        self, key: str, lead: Callable[[], Awaitable[ToolResult]], wait_s: float
    ) -> ToolResult | Joined:
        """What *lead* answers or raises; or how the equal call ended that runs already.

        A leader that is cancelled or refused hands over to one of those who wait. Raises TimeoutError where the
        other call takes longer than *wait_s*.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._flights[key] = Flight()
                place = None
            else:
                place = asyncio.get_running_loop().create_future()
                flight.waiting.append(place)
        if place is not None and (ending := await self._wait(key, flight, place, wait_s)) is not None:
            return Joined(ending)
        try:
            result = await lead()
        except ToolError as error:
            if error.layer in SHARED and error.blames_tool:
                self._land(key, flight, error)
            else:
                self._hand_over(key, flight)
            raise
        except BaseException:
            self._hand_over(key, flight)
            raise
        self._land(key, flight, result)
        return result

    def forget(self) -> None:
        """Let calls from now on begin anew: what those that run have read may be out of date."""
        with self._lock:
            self._flights.clear()

    async def _wait(
        self, key: str, flight: Flight, place: "asyncio.Future[Ending | None]", wait_s: float
    ) -> Ending | None:
        try:
            async with asyncio.timeout(wait_s):
                return await place
        except (asyncio.CancelledError, TimeoutError):
            if place.done() and not place.cancelled() and place.result() is None:
                self._hand_over(key, flight)  # told to run in the same moment
            raise

    def _land(self, key: str, flight: Flight, ending: Ending) -> None:
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
            waiting, flight.waiting = flight.waiting, deque()
        for place in waiting:
            _tell(place, ending)

    def _hand_over(self, key: str, flight: Flight) -> None:
        with self._lock:
            while flight.waiting:
                place = flight.waiting.popleft()
                if not place.done():
                    break
            else:
                if self._flights.get(key) is flight:
                    del self._flights[key]
                return
        _tell(place, None)


def _tell(place: "asyncio.Future[Ending | None]", ending: Ending | None) -> None:
    """From whatever thread; a loop that was closed waits for nothing any more."""
    with suppress(RuntimeError):
        place.get_loop().call_soon_threadsafe(_set, place, ending)


def _set(place: "asyncio.Future[Ending | None]", ending: Ending | None) -> None:
    if not place.done():
        place.set_result(ending)
