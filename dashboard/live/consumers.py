"""The socket of a live page. It only joins the broadcast; what is sent is drawn there, once for everybody."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from dashboard.live.broadcaster import BROADCASTER
from dashboard.live.pages import Watch
from tools.errors import ToolError
from tools.models import Scope
from tools.web.access import Client
from tools.web.problem import NoSuchAddress, Unavailable
from tools.web.sockets.address import asked_in
from tools.web.sockets.doorkeeper import DOORKEEPER, Need, Seat, login_is_over
from tools.web.sockets.tickets import ticket_of_login

# Close codes are this and the HTTP status, in the range that applications may use; the browser does not
# reconnect after them, and says what each means (static/js/live.js).
CLOSED = 4000


def may_watch(watch: Watch) -> Need:
    """What raises NotAuthorized unless a client may open the page that *watch* is of."""

    def need(client: Client) -> None:
        client.need(Scope.READ, permission=watch.permission)

    return need


class DashboardConsumer(AsyncWebsocketConsumer):
    """``/ws/dashboard?page=overview&period=90m``: HTML fragments to swap in by their ids."""

    # No channel layer: a page stays live when Valkey is away.
    channel_layer_alias = "none"
    doorkeeper = DOORKEEPER
    seat: Seat | None = None
    watch: Watch | None = None
    _gone = False

    async def connect(self) -> None:
        try:
            watch = Watch.from_query(asked_in(self.scope))
            if watch is None:
                raise NoSuchAddress("There is no such live page.")
            ticket = ticket_of_login(self.scope)
            if not ticket:
                raise login_is_over()
            self.seat = await self.doorkeeper.enter(ticket, may_watch(watch), self._put_out)
        except Unavailable:
            await self.close()  # before it is accepted: the browser then tries again
        except ToolError as error:
            # Accepted first: a refused handshake has no code that would tell the page to stop trying.
            await self.accept()
            await self._put_out(error)
        else:
            await self.accept()
            self.watch = watch
            await BROADCASTER.join(watch, self._send_text)

    async def disconnect(self, code: int) -> None:
        self._gone = True
        if self.seat is not None:
            self.doorkeeper.leave(self.seat)
        if self.watch is not None:
            await BROADCASTER.leave(self.watch, self._send_text)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page says nothing that matters here."""

    async def _put_out(self, error: ToolError) -> None:
        """Close, and push nothing more from this moment on."""
        self._gone = True
        await self.close(CLOSED + error.status, error.code)

    async def _send_text(self, text: Any) -> None:
        if not self._gone:
            await self.send(text_data=text)
