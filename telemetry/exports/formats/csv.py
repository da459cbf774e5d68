"""CSV with a line of names, gzipped. Times are ISO 8601 in UTC to the nanosecond; what is not known is empty."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telemetry.exports.columns import Kind, columns
from telemetry.exports.formats import Exported, Write

LEVEL = 5
TEXTS = (Kind.TEXT, Kind.WORD, Kind.JSON)
# A spreadsheet takes a cell that begins so for a formula, and runs it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def writer(path: Path, *, with_payloads: bool) -> Iterator[Write]:
    shown = columns(with_payloads=with_payloads)
    with gzip.open(path, "wt", compresslevel=LEVEL, encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([column.name for column in shown])

        def write(chunk: Sequence[Exported]) -> None:
            lines.writerows([cell(column.kind, column.read(each)) for column in shown] for each in chunk)

        yield write


def cell(kind: Kind, value: Any) -> Any:
    """*value* as a cell: a text that a spreadsheet would run has an apostrophe before it."""
    if value is None:
        return ""
    if kind is Kind.TIME_NS:
        seconds, nanoseconds = divmod(value, 10**9)
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
    if kind is Kind.MONEY:
        return f"{value:f}"
    if kind in TEXTS and value.startswith(FORMULA):
        return f"'{value}"
    return value
