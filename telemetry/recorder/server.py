"""The recorder's side of the socket: takes bodies of web processes and answers when they are stored."""

import asyncio
import logging
import os
from pathlib import Path

from telemetry.recorder import frames
from telemetry.recorder.intake import Intake
from telemetry.recorder.protocol import BUSY, MAX_BODY_BYTES, TOO_LARGE, Head, Reply

logger = logging.getLogger(__name__)

# Bytes of bodies that are here and not yet answered, of all web processes; one may always be more.
MAX_WAITING_BYTES = 128 << 20
PIECE_BYTES = 1 << 18


class Desk:
    """Serves the connections of web processes, each one body at a time."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._bytes = 0
        self._busy: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._folder: Path | None = None
        self._file: tuple[int, int] | None = None

    async def open(self, folder: Path) -> None:
        """Take connections at the socket in *folder*; one that a killed recorder left is replaced."""
        self._folder = folder
        (folder / frames.SOCKET).unlink(missing_ok=True)
        with frames.address(folder) as path:
            self._server = await asyncio.start_unix_server(self._serve, path, limit=frames.BUFFER_BYTES)
            os.chmod(path, 0o600)
        self._file = _identity(folder / frames.SOCKET)

    async def keep_open(self) -> None:
        """Open anew where the socket is gone from its folder: some tidy up what lies below /tmp."""
        if self._folder is None or _identity(self._folder / frames.SOCKET) == self._file:
            return
        logger.warning("The recorder's socket was taken away; it is made again")
        if self._server is not None:
            self._server.close()
        try:
            await self.open(self._folder)
        except OSError as error:
            logger.error("The recorder's socket cannot be made: %s", error)

    async def close(self, patience_s: float) -> None:
        """Take nothing more; returns when all that is here was answered, or after *patience_s*."""
        if self._server is not None and self._folder is not None:
            self._server.close()
            if _identity(self._folder / frames.SOCKET) == self._file:
                (self._folder / frames.SOCKET).unlink(missing_ok=True)
        if self._busy:
            await asyncio.wait(self._busy, timeout=patience_s)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head, length = await frames.hear(reader, Head)
                work = asyncio.ensure_future(self._answer(reader, writer, head, length))
                self._busy.add(work)
                work.add_done_callback(self._busy.discard)
                await work
        except (OSError, EOFError):
            pass  # the web process ended; what it handed over whole is stored all the same
        except frames.Garbled as error:
            logger.error("A process at the recorder's socket says what nobody understands: %s", error)
        finally:
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: Head, length: int
    ) -> None:
        refused = self._refused(length)
        if refused is not None:
            await _pass_over(reader, length)
            await frames.say(writer, refused)
            return
        self._bytes += length
        try:
            told = await self._told(head, await reader.readexactly(length))
        finally:
            self._bytes -= length
        await frames.say(writer, told)

    def _refused(self, length: int) -> Reply | None:
        if length > MAX_BODY_BYTES:
            return TOO_LARGE
        if self._intake.is_full or (self._bytes and self._bytes + length > MAX_WAITING_BYTES):
            return BUSY
        return None

    async def _told(self, head: Head, body: bytes) -> Reply:
        try:
            return await self._intake.take(head, body)
        except Exception:
            logger.exception("A body could not be taken in")
            return BUSY


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells the file at *path* from one that was made later; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns


async def _pass_over(reader: asyncio.StreamReader, length: int) -> None:
    while length:
        piece = await reader.read(min(length, PIECE_BYTES))
        if not piece:
            raise EOFError
        length -= len(piece)
