"""The socket of a live page. It only joins the pulse; what is sent is drawn there, once for everybody."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from dashboard.live import Watch
from dashboard.pulse import PULSE

# In the range that applications may use; the browser does not reconnect after them.
SIGNED_OUT = 4401
NO_SUCH_PAGE = 4404


class DashboardConsumer(AsyncWebsocketConsumer):
    """``/ws/dashboard?page=overview&period=90m``: HTML fragments to swap in by their ids."""

    # No channel layer: a page stays live when Valkey is away.
    channel_layer_alias = "none"
    watch: Watch | None = None

    async def connect(self) -> None:
        # Accepted first: a refused handshake has no code that would tell the page to stop trying.
        await self.accept()
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.close(SIGNED_OUT)
            return
        self.watch = Watch.from_query_string(self.scope["query_string"])
        if self.watch is None:
            await self.close(NO_SUCH_PAGE)
            return
        await PULSE.join(self.watch, self._send_text)

    async def disconnect(self, code: int) -> None:
        if self.watch:
            await PULSE.leave(self.watch, self._send_text)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page says nothing that matters here."""

    async def _send_text(self, text: Any) -> None:
        await self.send(text_data=text)
