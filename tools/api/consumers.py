"""``/ws/chat?session_id=…``: the tool events of a session as they happen, tools to run, models to talk to."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import QueryDict
from pydantic_core import to_json

from tools.calls.chunks import Chunk
from tools.decisions.keys import digest
from tools.errors import InvalidArguments, NotAuthorized, RateLimited, ToolError
from tools.llm.chat.body import ChatBody
from tools.models import Scope
from tools.running.runtime import get_executor
from tools.web.access import Client
from tools.web.authentication import find_key
from tools.web.bodies import ExecuteBody, fill, parse
from tools.web.problem import BadRequest, NotAuthenticated, as_problem
from tools.web.sockets.address import asked_in
from tools.web.sockets.doorkeeper import DOORKEEPER, Seat
from tools.web.sockets.following import ECHO_WITHIN_S, Following, as_heard_by, may_follow, may_hear
from tools.web.sockets.tickets import Ticket, header, ticket_of_login

AUTHENTICATE_WITHIN_S = 10.0
MOST_CALLS_AT_ONCE = 20
# Close codes of our own (4000 to 4999 are free for applications) are this and the HTTP status: 4401, 4403, …
CLOSED = 4000
Run = Callable[..., Awaitable[None]]


class ChatConsumer(AsyncWebsocketConsumer):
    """Forwards the events of one session, and runs tools for a client that asks over the same socket."""

    channel_layer_alias = "none"  # tools.web.sockets.following reads it
    doorkeeper = DOORKEEPER
    seat: Seat | None = None
    _accepted = False
    _refusal: ToolError | None = None
    _gone = False

    async def connect(self) -> None:
        """Accept, being a member of the session's group by then where the handshake says who asks."""
        self._work: set[asyncio.Task[None]] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._streams: set[asyncio.Task[None]] = set()
        self.session_id = ""
        try:
            asked = asked_in(self.scope)
            await self._sit_down_by_handshake()
            self.session_id = session_in(asked)
        except ToolError as error:
            await self.refuse(error)
        self.following = Following(self.session_id, self._hear, self.say)
        if self.seat is not None and self._refusal is None:
            await self.following.join()
        await self.accept()
        self._accepted = True
        if self._refusal is not None:
            await self.refuse(self._refusal)
        else:
            self._start(self._wait_for_authentication() if self.seat is None else self.following.run())

    async def disconnect(self, code: int) -> None:
        self._leave()
        while working := {task for task in self._work if task is not asyncio.current_task()}:
            for task in working:
                task.cancel()
            # Again until it has ended: wait_for of Python 3.11, inside redis-py, may swallow a cancellation.
            await asyncio.wait(working, timeout=ECHO_WITHIN_S)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """``{"type": "authenticate", "token": …}``, or ``{"action": "execute", "tool": …, "payload": …}``.

        With the action ``stream`` the tool's chunks come as ``tool_chunk`` before its ``tool_result``. The action
        ``chat`` has a model answer ``text``, with what else POST /api/v1/chat takes: ``chat_delta`` and the like,
        and ``chat_answer`` or ``chat_error`` at last.
        """
        if self._gone:
            return
        try:
            asked = parse(bytes_data or (text_data or "").encode())
            if not isinstance(asked, dict):
                raise InvalidArguments("A message is a JSON object.", hint=EXECUTE_HINT)
            if self.seat is not None:
                self._run(self.seat, asked)
            elif asked.get("type") == "authenticate":
                await self._authenticate(str(asked.get("token", "")))
            else:
                await self.refuse(
                    NotAuthenticated("The first message has to authenticate.", hint=AUTHENTICATE_HINT)
                )
        except ToolError as error:
            await self.say("error", as_problem(error))

    async def say(self, event: str, about: dict[str, Any]) -> None:
        """Send a message in the same envelope that tool events have; nothing once the socket is refused."""
        await self._send(_enveloped(event, about))

    async def refuse(self, error: ToolError) -> None:
        """Say why, close, and let nothing run or be said for this socket any more."""
        if not self._accepted:  # nothing can be said yet
            self._refusal = error
        elif not self._gone:
            self._gone = True
            await self.send(text_data=_written(_enveloped("error", as_problem(error))))
            await self.close(CLOSED + error.status, error.code)
            self._leave()

    def _leave(self) -> None:
        self._gone = self.following.over = True
        if self.seat is not None:
            self.doorkeeper.leave(self.seat)
        for stream in self._streams:
            stream.cancel()

    async def _send(self, message: dict[str, Any]) -> None:
        if not self._gone:
            await self.send(text_data=_written(message))

    async def _hear(self, message: dict[str, Any]) -> None:
        """Pass an event of the session on, if it is for this socket's ears at this moment."""
        assert self.seat is not None
        try:
            client = self.seat.now()
        except NotAuthorized as error:
            await self.refuse(error)
            return
        if may_hear(client, message.get("sender", "")):
            await self._send(as_heard_by(client, message))

    async def _sit_down_by_handshake(self) -> None:
        """By the Authorization header, else by the login; a login that is over is none."""
        scheme, _, token = (header(self.scope, b"authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            await self._sit_down_by_key(token.strip())
        elif ticket := ticket_of_login(self.scope):
            try:
                self.seat = await self.doorkeeper.enter(ticket, may_follow, self.refuse)
            except NotAuthenticated:
                self.seat = None

    async def _sit_down_by_key(self, token: str) -> None:
        await find_key(token)  # looks once more for a key that is seconds old
        self.seat = await self.doorkeeper.enter(Ticket(key=digest(token)), may_follow, self.refuse)

    async def _authenticate(self, token: str) -> None:
        try:
            await self._sit_down_by_key(token)
        except NotAuthorized as error:
            await self.refuse(error)
            return
        await self.following.join()
        await self.say("authenticated", {"session_id": self.session_id})
        self._start(self.following.run())

    async def _wait_for_authentication(self) -> None:
        await asyncio.sleep(AUTHENTICATE_WITHIN_S)
        if self.seat is None:
            await self.refuse(NotAuthenticated("Nobody authenticated in time.", hint=AUTHENTICATE_HINT))

    def _run(self, seat: Seat, asked: dict[str, Any]) -> None:
        action = asked.pop("action", "")
        if action == "execute":
            # Not ended with the socket: what a tool has begun, it ends.
            self._start(self._answer(seat, asked, self._execute), self._calls)
        elif action == "stream":
            self._start(self._answer(seat, asked, self._stream), self._streams)
        elif action == "chat":
            self._start(self._talk(seat, asked), self._streams)
        else:
            raise InvalidArguments("The message is not understood.", hint=EXECUTE_HINT)

    async def _answer(self, seat: Seat, asked: dict[str, Any], run: Run) -> None:
        """Run a tool and say how it ended; its events come as those of any other call do."""
        try:
            if len(self._calls) + len(self._streams) > MOST_CALLS_AT_ONCE:
                raise RateLimited(f"{MOST_CALLS_AT_ONCE} calls of this socket still run.", retry_after_s=1)
            client = await self._client_now(seat)
            if client is not None:
                client.need(Scope.EXECUTE)
                await run(**self._request(client, asked))
        except ToolError as error:
            await self.say("tool_error", as_problem(error))

    async def _talk(self, seat: Seat, asked: dict[str, Any]) -> None:
        """A turn of this socket's conversation, as it happens. It ends with the socket, which stops the model."""
        from tools.llm.chat.serving import serve  # not loaded where nobody asks a model

        try:
            if len(self._calls) + len(self._streams) > MOST_CALLS_AT_ONCE:
                raise RateLimited(f"{MOST_CALLS_AT_ONCE} calls of this socket still run.", retry_after_s=1)
            client = await self._client_now(seat)
            if client is None:
                return
            client.need(Scope.EXECUTE)
            body = fill(ChatBody, {**asked, "session_id": self.session_id, "stream": True})
            async with aclosing(serve(body, client)) as events:
                async for event in events:
                    # By the rights of this moment: the next thing that a turn does is a call, or money.
                    seat.now().need(Scope.EXECUTE)
                    await self.say(f"chat_{event.name}", event.about)
        except ToolError as error:
            await self.say("chat_error", as_problem(error))

    async def _client_now(self, seat: Seat) -> Client | None:
        """Who asks, with the rights of this moment; None for one who has none left: the socket is closed then."""
        try:
            client = await self.doorkeeper.ask(seat)
        except NotAuthorized as error:
            await self.refuse(error)
            return None
        return None if self._gone else client

    def _request(self, client: Client, asked: dict[str, Any]) -> dict[str, Any]:
        """The keywords of ``execute``, as REST makes them of a body."""
        body = fill(ExecuteBody, asked)
        return {
            "name": body.tool,
            "payload": body.payload,
            "caller_role": client.role(body.caller_role),
            "session_id": self.session_id,
            "context": body.context,
            "api_key_name": client.key_name,
            "sender": client.sender,
            "caller_id": body.caller_id,
            "deadline_s": body.deadline_s,
        }

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


def session_in(asked: QueryDict) -> str:
    """The session that an address names. Raises BadRequest for one that names none, or two."""
    named = list(dict.fromkeys(asked.getlist("session_id")))
    if len(named) > 1:
        raise BadRequest("session_id is given twice: give it once.", hint="a socket follows one session")
    if not named or not named[0]:
        raise BadRequest("Add ?session_id=… to the address: it names the session to follow.")
    return named[0][:200]


def _enveloped(event: str, about: dict[str, Any]) -> dict[str, Any]:
    return {"event": event, "data": about, "timestamp": datetime.now(UTC).isoformat()}


def _written(message: dict[str, Any]) -> str:
    return to_json(message, inf_nan_mode="null").decode()


AUTHENTICATE_HINT = 'send {"type": "authenticate", "token": "<api key>"}'
EXECUTE_HINT = 'send {"action": "execute", "tool": "crm_integration", "payload": {"action": "list"}}'
