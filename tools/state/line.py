"""The shortest way to one script in Valkey that redis-py's parts allow.

Its client does much around each command (pool, retries, metrics) that costs twice the command itself, and every
limited call pays it while it waits. Here a connection is taken, one packed command sent, one reply read.
"""

import asyncio
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import NoScriptError

# More than one event loop keeps busy, and few enough to open at once when a burst of calls finds none open.
MAX_CONNECTIONS = 8


class ScriptLine:
    """Calls one Lua script on connections of its own. Belongs to the event loop that it is used on."""

    def __init__(self, client: "Redis", script: str) -> None:
        self._client: Any = client  # redis-py types each reply as everything that any command may answer
        self._script = script
        self._sha = client.register_script(script).sha
        self._idle: list[Any] = []
        self._free = asyncio.Semaphore(MAX_CONNECTIONS)

    async def call(self, *keys_and_args: str, keys: int) -> Any:
        """The script's reply. Raises redis's errors; a connection that broke is opened anew at its next use."""
        # hiredis's stub takes a tuple of one item for a tuple of any number.
        packed = hiredis.pack_command(("EVALSHA", self._sha, str(keys), *keys_and_args))  # type: ignore[arg-type]
        async with self._free:
            connection = self._idle.pop() if self._idle else await self._client.connection_pool.get_connection()
            try:
                return await self._sent(connection, packed)
            finally:
                self._idle.append(connection)

    async def _sent(self, connection: Any, packed: Any) -> Any:
        # A restart of Valkey costs two tries: it ended the idle connection and forgot the script.
        for _ in range(2):
            try:
                return await _send(connection, packed)
            except Disconnected:
                continue
            except NoScriptError:
                await self._client.script_load(self._script)
        return await _send(connection, packed)

    async def aclose(self) -> None:
        for connection in self._idle:
            await connection.disconnect()


async def _send(connection: Any, packed: Any) -> Any:
    await connection.send_packed_command(packed, check_health=False)
    # Disconnects on an error or a cancellation, so that no late reply is taken for the next one's.
    return await connection.read_response()
