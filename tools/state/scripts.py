"""The shortest way to one script in Valkey that redis-py's parts allow.

Its client does much around each command (pool, retries, metrics) that costs twice the command itself, and every
limited call pays it while it waits. Here a connection is taken, one packed command sent, one reply read.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import NoScriptError

# More than one event loop keeps busy, and few enough to open at once when a burst of calls finds none open.
MAX_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, by its text and the name that Valkey gives it."""

    text: str
    sha: str

    @classmethod
    def of(cls, text: str) -> "Script":
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


class ScriptLine:
    """Calls Lua scripts on connections of its own. Belongs to the event loop that it is used on."""

    def __init__(self, client: "Redis", timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._client: Any = client  # redis-py types each reply as everything that any command may answer
        self._idle: list[Any] = []
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)

    async def call(self, script: Script, *arguments: str) -> Any:
        """The reply of *script*, which is given no keys.

        Raises redis's errors; a connection that broke is opened anew at its next use.
        """
        # hiredis's stub takes a tuple of one item for a tuple of any number.
        packed = hiredis.pack_command(("EVALSHA", script.sha, "0", *arguments))  # type: ignore[arg-type]
        async with self._free:
            connection = self._idle.pop() if self._idle else await self._connected()
            try:
                return await self._sent(connection, packed, script)
            finally:
                self._idle.append(connection)

    async def _connected(self) -> Any:
        connection = await self._client.connection_pool.get_connection()
        # With one of its own it would make a task of every command, which costs as much as the rest of it.
        connection.socket_timeout = None
        return connection

    async def _sent(self, connection: Any, packed: Any, script: Script) -> Any:
        # A restart of Valkey costs two tries: it ended the idle connection and forgot the script.
        for _ in range(2):
            try:
                return await self._send(connection, packed)
            except Disconnected:
                continue
            except NoScriptError:
                await self._client.script_load(script.text)
        return await self._send(connection, packed)

    async def _send(self, connection: Any, packed: Any) -> Any:
        # Both disconnect on an error or a cancellation, so that no late reply is taken for the next one's.
        async with asyncio.timeout(self._timeout_s):
            await connection.send_packed_command(packed, check_health=False)
            return await connection.read_response()

    async def aclose(self) -> None:
        for connection in self._idle:
            await connection.disconnect()
