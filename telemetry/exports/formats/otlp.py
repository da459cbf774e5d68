"""OTLP JSON, gzipped: one trace request a line, as the OpenTelemetry Collector's file receiver reads it."""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from telemetry.exports.formats import Exported, Write
from telemetry.exports.otlp_json import key_of, trace_as_otlp_json

LEVEL = 5


@contextmanager
def writer(path: Path, *, with_payloads: bool) -> Iterator[Write]:
    with gzip.open(path, "wt", compresslevel=LEVEL, encoding="utf-8") as file:

        def write(chunk: Sequence[Exported]) -> None:
            if chunk:
                payloads = {key_of(span): payload for span, payload in chunk if payload}
                request = trace_as_otlp_json([span for span, _ in chunk], payloads)
                file.write(json.dumps(request, ensure_ascii=False, separators=(",", ":")) + "\n")

        yield write
