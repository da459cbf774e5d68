"""What waits on this machine's disk: the journals of all its processes, dead ones too, read without locks."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from telemetry.journal.segments import MARK, RECORD, START, SUFFIX, offset_of
from telemetry.spans.finished import decode

NS = 1_000_000_000
Found = TypeVar("Found")


def spooled_bytes(folder: Path, pid: int | None = None) -> int:
    """The size of all unstored records in *folder*, or of those that the process *pid* has written."""
    whose = "*" if pid is None else f"*-{pid}"
    return sum(_each(folder, lambda file: sum(length for _, length in _unstored(file)), whose))


def oldest_end(folder: Path) -> datetime | None:
    """When the oldest span ended that waits in *folder*; None when none does."""
    return min((end for end in _each(folder, _oldest_in) if end), default=None)


def end_of_first(records: Iterable[bytes]) -> datetime | None:
    """When the first of *records* that is a span ended: the oldest, for they are written as they end."""
    for record in records:
        if (end_ns := _end_ns(record)) is not None:
            return datetime.fromtimestamp(end_ns / NS, UTC)
    return None


def _end_ns(record: bytes) -> int | None:
    """None for what is no span: whoever stores the file says so, and leaves it out."""
    try:
        return decode(record).end_ns
    except Exception:
        return None


def _oldest_in(file: BinaryIO) -> datetime | None:
    return end_of_first(_read_at(file, at, length) for at, length in _unstored(file))


def _read_at(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _each(folder: Path, look: Callable[[BinaryIO], Found], whose: str = "*") -> Iterator[Found]:
    """What *look* finds in every file; one that is stored and removed meanwhile is left out."""
    for path in folder.glob(f"{whose}{SUFFIX}"):
        try:
            with path.open("rb") as file:
                yield look(file)
        except OSError:
            continue


def _unstored(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Where in *file* each record begins that is not stored, and its length."""
    size = file.seek(0, 2)
    head = _read_at(file, 0, START)
    if len(head) < START or head[: len(MARK)] != MARK:
        return
    at = offset_of(head, size)
    while len(frame := _read_at(file, at, RECORD.size)) == RECORD.size:
        length, _ = RECORD.unpack(frame)
        at += RECORD.size
        if not length or at + length > size:
            return
        yield at, length
        at += length
