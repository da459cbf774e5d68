"""What a web process and the recorder say to each other over a Unix socket: a head in JSON, and bytes."""

import asyncio
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

SOCKET = "recorder.sock"
SIZES = struct.Struct("<IQ")  # bytes of the head, and of what follows it
MAX_HEAD_BYTES = 1 << 20
BUFFER_BYTES = 1 << 18
# The kernel takes addresses of some hundred bytes; folders may lie deeper.
MAX_ADDRESS_BYTES = 100

Spoken = TypeVar("Spoken", bound=msgspec.Struct)


class Garbled(Exception):
    """The other side does not speak as we do."""


async def say(writer: asyncio.StreamWriter, head: msgspec.Struct, body: bytes = b"") -> None:
    """Send *head* and *body*, as fast as the other side reads."""
    packed = msgspec.json.encode(head)
    writer.write(SIZES.pack(len(packed), len(body)) + packed)
    if body:
        writer.write(body)
    await writer.drain()


async def hear(reader: asyncio.StreamReader, kind: type[Spoken]) -> tuple[Spoken, int]:
    """The head that comes, and how many bytes follow it. Raises Garbled, IncompleteReadError."""
    length, following = SIZES.unpack(await reader.readexactly(SIZES.size))
    if length > MAX_HEAD_BYTES:
        raise Garbled(f"a head of {length} bytes")
    try:
        return msgspec.json.decode(await reader.readexactly(length), type=kind), following
    except msgspec.MsgspecError as error:
        raise Garbled(str(error)) from None


@contextmanager
def address(folder: Path) -> Iterator[str]:
    """The socket in *folder*, by a name that is short enough. Raises OSError."""
    path = str(folder / SOCKET)
    if len(os.fsencode(path)) <= MAX_ADDRESS_BYTES:
        yield path
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{SOCKET}"
    finally:
        os.close(fd)
