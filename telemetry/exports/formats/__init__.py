"""The formats of exports. A new one is a module with a ``Writer`` in it and an entry here.

They are loaded when an export is written, for only the worker should pay for pyarrow's memory.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from telemetry.models import Span, SpanPayload

# A span and, where the export has payloads and the span has any, its payload.
Exported = tuple["Span", "SpanPayload | None"]


# Adds a chunk to the file.
Write = Callable[[Sequence[Exported]], None]


class Writer(Protocol):
    """Makes a file at *path*, which is whole when the block is left."""

    def __call__(self, path: Path, *, with_payloads: bool) -> AbstractContextManager[Write]: ...


@dataclass(frozen=True, slots=True)
class Format:
    """``module`` has a Writer named ``writer``."""

    label: str
    extension: str
    content_type: str
    module: str

    @property
    def writer(self) -> Writer:
        found: Writer = import_module(self.module).writer
        return found


FORMATS = {
    "csv": Format("CSV, gzip", "csv.gz", "application/gzip", "telemetry.exports.formats.csv"),
    "parquet": Format("Parquet", "parquet", "application/vnd.apache.parquet", "telemetry.exports.formats.parquet"),
    "otlp": Format("OTLP JSON, gzip", "otlp.jsonl.gz", "application/gzip", "telemetry.exports.formats.otlp"),
}
