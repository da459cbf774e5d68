"""Asks again and again whether those who opened a socket, or a stream, may still have it.

One per process, for all of them: a look costs two queries however many pages are open, and none for keys, which
are in the process's snapshot already (docs/decisions/0147).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from tools.errors import ToolError
from tools.web.access import Client
from tools.web.problem import NotAuthenticated, Unavailable
from tools.web.sockets.tickets import Ticket, client_of_ticket_key, clients_of_sessions

logger = logging.getLogger(__name__)
CHECK_EVERY_S = 5.0
PutOut = Callable[[ToolError], Awaitable[None]]
Need = Callable[[Client], None]  # raises NotAuthorized for a client that may not sit here
FindClients = Callable[[Iterable[str]], Mapping[str, Client]]


@dataclass(eq=False, slots=True)
class Seat:
    """Somebody's place. ``client`` is who they were when last looked at, with the rights that they had."""

    ticket: Ticket
    need: Need
    put_out: PutOut
    client: Client

    def know(self, client: Client | None) -> Client:
        """Take *client* for who sits here now. Raises NotAuthenticated or NotAuthorized if they may not."""
        if client is None:
            raise key_is_gone() if self.ticket.key else login_is_over()
        self.need(client)
        self.client = client
        return client

    def now(self) -> Client:
        """As ``know``, without waiting: by the snapshot of keys, or by the last look at logins."""
        return self.know(client_of_ticket_key(self.ticket) if self.ticket.key else self.client)


class Doorkeeper:
    """All methods belong to one event loop."""

    def __init__(
        self,
        find: FindClients = clients_of_sessions,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        every_s: float = CHECK_EVERY_S,
    ) -> None:
        self._find = database_sync_to_async(find, thread_sensitive=False)
        self._sleep = sleep
        self._every_s = every_s
        self._seats: set[Seat] = set()
        self._task: asyncio.Task[None] | None = None

    async def enter(self, ticket: Ticket, need: Need, put_out: PutOut) -> Seat:
        """A seat for *ticket*, as long as it meets *need*; *put_out* is awaited once, when that is over.

        Raises NotAuthenticated, NotAuthorized, or Unavailable while Postgres does not answer.
        """
        seat = Seat(ticket, need, put_out, Client(name=""))
        await self.ask(seat)
        self._seats.add(seat)
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.create_task(self._run())
        return seat

    @asynccontextmanager
    async def watched(self, ticket: Ticket, need: Need) -> "AsyncIterator[asyncio.Future[ToolError]]":
        """A seat for the time of the ``with``, as a future: done, with the reason, once it is no longer theirs.

        Raises as ``enter``.
        """
        gone: asyncio.Future[ToolError] = asyncio.get_running_loop().create_future()

        async def put_out(error: ToolError) -> None:
            gone.set_result(error)

        seat = await self.enter(ticket, need, put_out)
        try:
            yield gone
        finally:
            self.leave(seat)

    def leave(self, seat: Seat) -> None:
        """Forget *seat*; again does no harm."""
        self._seats.discard(seat)

    async def ask(self, seat: Seat) -> Client:
        """Who sits there at this moment. Raises as ``enter``."""
        if seat.ticket.key:
            return seat.now()
        try:
            found = await self._find([seat.ticket.session])
        except DatabaseError as error:
            logger.warning("nobody can be asked who is signed in: %s", error)
            raise Unavailable("Postgres does not answer who is signed in.", retry_after_s=5) from None
        return seat.know(found.get(seat.ticket.session))

    async def look(self) -> None:
        """Look at everybody once, and put out whose rights are gone; logins stay while Postgres is away."""
        seats = list(self._seats)
        sessions = {seat.ticket.session for seat in seats if seat.ticket.session}
        try:
            found = await self._find(sessions) if sessions else {}
        except DatabaseError as error:
            logger.warning("logins stay as they were: %s", error)
            seats = [seat for seat in seats if seat.ticket.key]
            found = {}
        goodbyes = [self._goodbye(seat, found) for seat in seats]
        await asyncio.gather(*(goodbye for goodbye in goodbyes if goodbye), return_exceptions=True)

    def _goodbye(self, seat: Seat, found: Mapping[str, Client]) -> Awaitable[None] | None:
        """What puts *seat* out; None for one who may stay."""
        try:
            seat.now() if seat.ticket.key else seat.know(found.get(seat.ticket.session))
        except ToolError as error:
            self._seats.discard(seat)
            return seat.put_out(error)
        return None

    async def _run(self) -> None:
        while self._seats:
            await self._sleep(self._every_s)
            try:
                await self.look()
            except Exception:  # a doorkeeper that stops would let everybody stay
                logger.exception("who may stay could not be looked at")


def key_is_gone() -> NotAuthenticated:
    return NotAuthenticated(
        "The API key is not known: it is wrong, expired or revoked.",
        code="invalid_api_key",
        hint="check the key; keys are made under /admin/tools/apikey/",
    )


def login_is_over() -> NotAuthenticated:
    return NotAuthenticated(
        "The login is over: signed out, the password changed, or the account switched off.",
        code="signed_out",
        hint="sign in again",
    )


DOORKEEPER = Doorkeeper()
