"""Logs that stay small: files that are cut while their process writes, and lines that strangers can provoke."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

# Of each child's log, and as much again of what came before.
KEPT_BYTES = 10_000_000
CHUNK_BYTES = 1 << 20


def cut(log: Path, most_bytes: int = KEPT_BYTES) -> bool:
    """Move what is in *log* to ``….log.1`` once it is longer than *most_bytes*; True if it was.

    Its process goes on writing to the same file: it has it open for appending, so emptying the file is enough.
    What it writes between the last read and that moment, some microseconds, is lost.
    """
    size = log.stat().st_size if log.exists() else 0
    if size <= most_bytes:
        return False
    draft = log.with_suffix(".log.new")
    with log.open("r+b") as source, draft.open("wb") as copy:
        if size > 2 * most_bytes:
            source.seek(size - most_bytes)  # it grew fast: the newest is kept
        while chunk := source.read(CHUNK_BYTES):
            copy.write(chunk)
        os.ftruncate(source.fileno(), 0)
    draft.replace(log.with_suffix(".log.1"))
    return True


class Sparing(logging.Filter):
    """For what strangers can provoke as often as they like: one short line each, and so many a minute of a kind.

    The next minute's first line says how many were left out. A kind is a logger: Django has one for each.
    """

    def __init__(
        self, lines_a_minute: int = 10, most_chars: int = 200, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._most = lines_a_minute
        self._chars = most_chars
        self._clock = clock
        self._minutes: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._clock()
        began, lines = self._minutes.get(record.name, (now, 0))
        left_out = 0
        if now - began >= 60:
            left_out = max(0, lines - self._most)
            began, lines = now, 0
        self._minutes[record.name] = (began, lines + 1)
        if lines >= self._most:
            return False
        more = f" ({left_out} more of the kind were left out before)" if left_out else ""
        record.msg, record.args = f"{self._short(record)}{more}", None
        record.exc_info = record.exc_text = record.stack_info = None
        return True

    def _short(self, record: logging.LogRecord) -> str:
        line = " ".join(record.getMessage().split())
        return line if len(line) <= self._chars else f"{line[: self._chars]}…"
