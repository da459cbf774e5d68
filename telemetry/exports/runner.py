"""Writes one export: reads chunk by chunk, and after each says how far it is and rests.

It rests for as long as the chunk took to read: an export keeps the database busy for half of the time at most, and
for less where the database is slow because others need it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from telemetry.exports import control, files, limits
from telemetry.exports.chunks import Chunk, Unreadable, chunks_of
from telemetry.exports.models import Export, State

logger = logging.getLogger(__name__)
MAX_REST_S = 5.0
PAYLOADS = "telemetry.view_spanpayload"


class NotOurs(Exception):
    """The export was cancelled, or another worker has it."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Everything from outside comes in here."""

    chunks: Callable[[Export], Iterator[Chunk]] = chunks_of
    now: Callable[[], datetime] = timezone.now
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run_next(self) -> Export | None:
        """Write the export that has waited longest; None where there is nothing to do."""
        export = control.take(self.now())
        if export is not None:
            self.run(export)
        return export

    def run(self, export: Export) -> None:
        """Write *export*, which is ours, and end it. Its file appears under its name when it is whole.

        Raises django.db.Error while the database is away; the export then begins again (``control.recover``).
        """
        path = files.draft(export)
        try:
            note = self._write(export, path)
            self._publish(export, path, note)
        except NotOurs:
            logger.info("export %s was cancelled, or another worker has it", export.pk)
        except (Unreadable, OSError) as error:
            logger.warning("export %s failed: %s", export.pk, error)
            control.end(export, State.FAILED, self.now(), str(error))
        finally:
            path.unlink(missing_ok=True)

    @transaction.atomic
    def _publish(self, export: Export, path: Path, note: str) -> None:
        # Locked by its new state, the row cannot be given to another worker before the file has its name.
        if not control.end(export, State.DONE, self.now(), note):
            raise NotOurs
        path.rename(files.final(export))

    def _write(self, export: Export, path: Path) -> str:
        """Write the file; what is to be said about it. Raises NotOurs, Unreadable, OSError."""
        note = ""
        if export.with_payloads and not export.created_by.has_perm(PAYLOADS):
            raise Unreadable(f"{export.created_by} may not see arguments, results and messages any more.")
        with export.kind.writer(path, with_payloads=export.with_payloads) as write:
            began = self.clock()
            for chunk in self.chunks(export):
                took_s = self.clock() - began
                write(chunk.spans)
                self._advance(export, chunk, path)
                if note := limits.reached(export.rows_done, export.bytes, files.free_bytes()):
                    break
                self.sleep(min(took_s, MAX_REST_S))
                began = self.clock()
        export.bytes = path.stat().st_size
        return note

    def _advance(self, export: Export, chunk: Chunk, path: Path) -> None:
        export.rows_done += len(chunk.spans)
        export.reached = chunk.reached
        export.bytes = path.stat().st_size
        if not control.go_on(export, self.now()):
            raise NotOurs
