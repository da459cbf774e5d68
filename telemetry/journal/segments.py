"""The files of a journal: records in mapped memory, which survive ``kill -9``, and up to where they are stored.

A file is a header (mark, 8 bytes, and the offset up to which it is stored, 8 bytes), then records (length and
CRC-32, 4 bytes each, and the record), then zeros. The process that writes it holds a lock on it, which the kernel
lets go of when it dies.
"""

import fcntl
import logging
import mmap
import os
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

MARK = b"SBSPANS1"
STORED = struct.Struct("<Q")
RECORD = struct.Struct("<II")
START = len(MARK) + STORED.size
SUFFIX = ".spans"


class Segment:
    """One file of the journal, or the same in memory where no file could be made."""

    def __init__(self, fd: int | None, path: Path | None, size: int) -> None:
        self.fd, self.path, self.size = fd, path, size
        self.memory = mmap.mmap(-1 if fd is None else fd, size)
        self.write_at = self.read_at = START

    @classmethod
    def create(cls, folder: Path, size: int) -> "Segment":
        """A new, locked file in *folder*, all of it allocated. Raises OSError, as when the disk is full."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{time.time_ns()}-{os.getpid()}{SUFFIX}"
        hidden = path.with_suffix(".new")
        fd = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            # Locked before others can see it; allocated, for a mapped hole on a full disk would kill us (SIGBUS).
            fcntl.flock(fd, fcntl.LOCK_EX)
            os.posix_fallocate(fd, 0, size)
            segment = cls(fd, path, size)
            segment.memory[:START] = MARK + STORED.pack(START)
            hidden.rename(path)
        except OSError:
            os.close(fd)
            hidden.unlink(missing_ok=True)
            raise
        return segment

    @classmethod
    def in_memory(cls, size: int) -> "Segment":
        return cls(None, None, size)

    @classmethod
    def adopt(cls, path: Path) -> "Segment | None":
        """The file of a process that died; None while its process lives or if it is not one of ours."""
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(fd)
            if status.st_nlink == 0 or status.st_size < START:
                raise BlockingIOError  # somebody else has just finished it
            segment = cls(fd, path, status.st_size)
        except OSError:
            os.close(fd)
            return None
        if segment.memory[: len(MARK)] != MARK:
            logger.error("%s is not a journal of spans: move it away.", path)
            segment.close()
            return None
        segment.read_at = segment.stored_to
        return segment

    @classmethod
    def follow(cls, path: Path) -> "Segment | None":
        """The file of a process at work, to read what it writes; None if it is gone or not one of ours."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            segment = cls(fd, path, os.fstat(fd).st_size)
        except (OSError, ValueError):
            os.close(fd)
            return None
        if segment.size < START or segment.memory[: len(MARK)] != MARK:
            segment.close()  # whoever adopts it says so
            return None
        segment.read_at = segment.stored_to
        return segment

    @property
    def stored_to(self) -> int:
        """Up to where it is stored, by whoever stored it."""
        return offset_of(self.memory[:START], self.size)

    def fits(self, length: int) -> bool:
        return self.write_at + RECORD.size + length <= self.size

    def append(self, record: bytes) -> None:
        at, length = self.write_at, len(record)
        body = at + RECORD.size
        self.memory[body : body + length] = record
        # Last, so that a record is there whole or not at all.
        RECORD.pack_into(self.memory, at, length, zlib.crc32(record))
        self.write_at = body + length

    def records(self) -> Iterator[tuple[bytes, int]]:
        """The records not yet stored, each with the offset behind it."""
        at = self.read_at
        while at + RECORD.size <= self.size:
            length, crc = RECORD.unpack_from(self.memory, at)
            body = at + RECORD.size
            record = self.memory[body : body + length]
            at = body + length
            if not length or at > self.size:
                return
            if zlib.crc32(record) == crc:
                yield record, at
            else:  # the machine failed before all of it was on the disk
                logger.error("A record of %d bytes in %s is damaged and left out.", length, self.path)

    def whole_records(self) -> Iterator[tuple[bytes, int]]:
        """As ``records``, of a file to which its process still writes: up to one that is not whole yet."""
        at = self.read_at
        while at + RECORD.size <= self.size:
            length, crc = RECORD.unpack_from(self.memory, at)
            body = at + RECORD.size
            at = body + length
            if not length or at > self.size:
                return
            record = self.memory[body:at]
            if zlib.crc32(record) != crc:
                return
            yield record, at

    def unstored(self) -> int:
        """How many records are not yet stored."""
        return self._count(self.size)

    def catch_up(self) -> int:
        """Move on to where another process has stored it; returns over how many records."""
        to = self.stored_to
        passed = self._count(to)
        self.read_at = max(self.read_at, to)
        return passed

    def _count(self, to: int) -> int:
        """How many records stand from ``read_at`` to that offset."""
        count, at = 0, self.read_at
        while at + RECORD.size <= to:
            (length, _) = RECORD.unpack_from(self.memory, at)
            if not length:
                break
            at += RECORD.size + length
            count += 1
        return count

    def advance(self, offset: int) -> None:
        """Note that everything before *offset* is stored."""
        self.read_at = offset
        if offset > self.stored_to:  # another process may have come further
            STORED.pack_into(self.memory, len(MARK), offset)

    def sync(self) -> None:
        """Bring it onto the disk itself, against a failing machine."""
        if self.fd is not None:
            os.fdatasync(self.fd)

    def close(self) -> None:
        """Let go of the file and leave it there for others."""
        self.memory.close()
        if self.fd is not None:
            os.close(self.fd)

    def remove(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self.close()


def orphans(folder: Path) -> Iterator[Segment]:
    """The files that dead processes left in *folder*, claimed for this process one at a time."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            segment = Segment.adopt(path)
        except FileNotFoundError:
            continue
        if segment is not None:
            yield segment


def offset_of(head: bytes, size: int) -> int:
    """Up to where a file is stored, by its header; from the start if that makes no sense."""
    (offset,) = STORED.unpack_from(head, len(MARK))
    return int(offset) if START <= offset <= size else START
