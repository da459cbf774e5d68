"""``/ws/chat?session_id=…``: the tool events of a session, as they happen."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from pydantic_core import to_json
from redis import RedisError

from tools.access import Client, client_of_key, client_of_login
from tools.bodies import ExecuteBody, fill, parse
from tools.errors import InvalidArguments, RateLimited, ToolError
from tools.events import session_group
from tools.keys import find_key
from tools.models import Scope
from tools.problem import NotAuthenticated, as_problem
from tools.runtime import get_executor
from tools.streaming.chunks import Chunk

logger = logging.getLogger(__name__)

AUTHENTICATE_WITHIN_S = 10.0
# How often a socket sends itself an echo through Valkey, and how long that may take.
ECHO_EVERY_S = 3.0
ECHO_WITHIN_S = 5.0
JOIN_WITHIN_S = 3.0  # daphne gives a handshake five
MOST_CALLS_AT_ONCE = 20
# Close codes of our own (4000 to 4999 are free for applications), after the HTTP statuses.
BAD_REQUEST, UNAUTHORIZED = 4400, 4401
VALKEY_ERRORS = (RedisError, OSError, TimeoutError)
Run = Callable[..., Awaitable[None]]
Joined = tuple[Any, str]  # the channel layer, and our channel on it


class ChatConsumer(AsyncWebsocketConsumer):
    """Forwards the events of one session, and runs tools for a client that asks over the same socket.

    The channel layer is read by a task of our own and not by Channels, so that a socket opens while Valkey
    is away, and says so.
    """

    channel_layer_alias = "none"
    client: Client | None = None
    token = ""
    session_id = ""
    _gone = False

    async def connect(self) -> None:
        """Accept, being a member of the session's group by then where the handshake says who asks."""
        self._work: set[asyncio.Task[None]] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._streams: set[asyncio.Task[None]] = set()
        self._echo = asyncio.Event()
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        self.session_id = query.get("session_id", [""])[0][:200]
        try:
            self.client = await self._client_of_handshake()
        except NotAuthenticated as error:
            await self.accept()
            await self._refuse(error)
            return
        joined = await self._join() if self.client is not None and self.session_id else None
        await self.accept()
        if not self.session_id:
            await self.say(
                "error", {"detail": "Add ?session_id=… to the address: it names the session to follow."}
            )
            await self.close(BAD_REQUEST)
        elif self.client is None:
            self._start(self._wait_for_authentication())
        else:
            self._start(self._follow(joined))

    async def disconnect(self, code: int) -> None:
        self._gone = True
        for stream in self._streams:
            stream.cancel()
        while working := {task for task in self._work if task is not asyncio.current_task()}:
            for task in working:
                task.cancel()
            # Again until it has ended: wait_for of Python 3.11, inside redis-py, may swallow a cancellation.
            await asyncio.wait(working, timeout=ECHO_WITHIN_S)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """``{"type": "authenticate", "token": …}``, or ``{"action": "execute", "tool": …, "payload": …}``.

        With the action ``stream`` the tool's chunks come as ``tool_chunk`` before its ``tool_result``.
        """
        try:
            asked = parse(bytes_data or (text_data or "").encode())
            if not isinstance(asked, dict):
                raise InvalidArguments("A message is a JSON object.", hint=EXECUTE_HINT)
            if asked.get("type") == "authenticate" and self.client is None:
                await self._authenticate(str(asked.get("token", "")))
            elif self.client is None:
                await self._refuse(
                    NotAuthenticated("The first message has to authenticate.", hint=AUTHENTICATE_HINT)
                )
            else:
                self._run(self.client, asked)
        except ToolError as error:
            await self.say("error", as_problem(error))

    async def say(self, event: str, about: dict[str, Any]) -> None:
        """Send a message in the same envelope that tool events have."""
        await self._send({"event": event, "data": about, "timestamp": datetime.now(UTC).isoformat()})

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(text_data=to_json(message, inf_nan_mode="null").decode())

    async def _client_of_handshake(self) -> Client | None:
        """Of the Authorization header, else of the login; None where there is neither."""
        scheme, _, token = _header(self.scope["headers"], b"authorization").partition(" ")
        if scheme.lower() == "bearer":
            return await self._client_of_token(token.strip())
        user = self.scope.get("user")
        return client_of_login(user) if user is not None and user.is_authenticated else None

    async def _client_of_token(self, token: str) -> Client:
        client = client_of_key(await find_key(token))
        self.token = token
        return client

    async def _authenticate(self, token: str) -> None:
        try:
            self.client = await self._client_of_token(token)
        except NotAuthenticated as error:
            await self._refuse(error)
            return
        joined = await self._join()
        await self.say("authenticated", {"session_id": self.session_id})
        self._start(self._follow(joined))

    async def _wait_for_authentication(self) -> None:
        await asyncio.sleep(AUTHENTICATE_WITHIN_S)
        if self.client is None:
            await self._refuse(NotAuthenticated("Nobody authenticated in time.", hint=AUTHENTICATE_HINT))

    async def _refuse(self, error: ToolError) -> None:
        self._gone = True
        await self.say("error", as_problem(error))
        await self.close(UNAUTHORIZED)

    async def _follow(self, joined: Joined | None) -> None:
        """Forward the session's events; join its group again when Valkey was away and is back."""
        while not self._gone:
            if joined is not None:
                await self._forward(*joined)
                joined = None
                continue
            await self.say("degraded", {"detail": "Valkey is away: no events until it is back."})
            while joined is None and not self._gone:
                await asyncio.sleep(1)
                joined = await self._join()
            await self.say("recovered", {"detail": "Valkey is back: events follow again."})

    async def _join(self) -> Joined | None:
        """A channel that is in the session's group; None while Valkey is away."""
        layer: Any = get_channel_layer()
        try:
            async with asyncio.timeout(JOIN_WITHIN_S):
                channel = await layer.new_channel()
                await layer.group_add(session_group(self.session_id), channel)
        except VALKEY_ERRORS as error:
            logger.warning("a session's events cannot be followed: %r", error)
            return None
        return layer, channel

    async def _forward(self, layer: Any, channel: str) -> None:
        """Forward until no echo comes back from Valkey, or the key is no longer valid."""
        reader = asyncio.create_task(self._read(layer, channel))
        try:
            while not self._gone:
                self._echo.clear()
                async with asyncio.timeout(ECHO_WITHIN_S):
                    await layer.send(channel, {"type": "echo"})
                    await self._echo.wait()
                await asyncio.sleep(ECHO_EVERY_S)
                if self.token:
                    await find_key(self.token)
        except NotAuthenticated as error:
            await self._refuse(error)
        except VALKEY_ERRORS as error:
            logger.warning("a session's events stopped: %r", error)
        finally:
            reader.cancel()
            await asyncio.wait({reader}, timeout=ECHO_WITHIN_S)
            with suppress(*VALKEY_ERRORS):
                await layer.group_discard(session_group(self.session_id), channel)

    async def _read(self, layer: Any, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            if message["type"] == "echo":
                self._echo.set()
            else:
                await self._send(message["event"])

    def _run(self, client: Client, asked: dict[str, Any]) -> None:
        action = asked.pop("action", "")
        if action == "execute":
            # Not ended with the socket: what a tool has begun, it ends.
            self._start(self._answer(client, asked, self._execute), self._calls)
        elif action == "stream":
            self._start(self._answer(client, asked, self._stream), self._streams)
        else:
            raise InvalidArguments("The message is not understood.", hint=EXECUTE_HINT)

    async def _answer(self, client: Client, asked: dict[str, Any], run: Run) -> None:
        """Run a tool and say how it ended; its events come as those of any other call do."""
        try:
            if len(self._calls) + len(self._streams) > MOST_CALLS_AT_ONCE:
                raise RateLimited(f"{MOST_CALLS_AT_ONCE} calls of this socket still run.", retry_after_s=1)
            client.need(Scope.EXECUTE)
            body = fill(ExecuteBody, asked)
            await run(
                name=body.tool,
                payload=body.payload,
                caller_role=client.role(body.caller_role),
                session_id=self.session_id,
                context=body.context,
                api_key_name=client.key_name,
                caller_id=body.caller_id,
                deadline_s=body.deadline_s,
            )
        except ToolError as error:
            await self.say("tool_error", as_problem(error))

    async def _execute(self, **request: Any) -> None:
        result = await get_executor().execute(**request)
        await self.say("tool_result", result.as_dict())

    async def _stream(self, **request: Any) -> None:
        """Each chunk as it comes. The call ends with the socket: nobody else gets its chunks."""
        async with aclosing(get_executor().stream(**request)) as stream:
            async for item in stream:
                await self.say("tool_chunk" if isinstance(item, Chunk) else "tool_result", item.as_dict())

    def _start(self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]] | None = None) -> None:
        tasks = self._work if among is None else among
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)


AUTHENTICATE_HINT = 'send {"type": "authenticate", "token": "<api key>"}'
EXECUTE_HINT = 'send {"action": "execute", "tool": "crm_integration", "payload": {"action": "list"}}'


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), "")
