"""Parquet: typed columns, words that repeat as dictionaries, row groups of about 20,000 rows, zstd."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from telemetry.exports.columns import Column, Kind, columns
from telemetry.exports.formats import Exported, Write

GROUP_ROWS = 20_000
# Payloads are large: a group must fit into the worker's memory.
GROUP_BYTES = 32 << 20
MONEY_DIGITS, MONEY_SCALE = 28, 12
_LEAST = Decimal(1).scaleb(-MONEY_SCALE)

TYPES: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.WORD: pa.string(),
    Kind.JSON: pa.string(),
    Kind.SMALL: pa.int16(),
    Kind.INTEGER: pa.int32(),
    Kind.FLOAT: pa.float64(),
    Kind.MONEY: pa.decimal128(MONEY_DIGITS, MONEY_SCALE),
    Kind.TIME_NS: pa.timestamp("ns", tz="UTC"),
}


@contextmanager
def writer(path: Path, *, with_payloads: bool) -> Iterator[Write]:
    """Without rows the file is whole, too: a schema and nothing else."""
    shown = columns(with_payloads=with_payloads)
    schema = pa.schema([(column.name, TYPES[column.kind]) for column in shown])
    words = [column.name for column in shown if column.kind is Kind.WORD]
    waiting: list[pa.RecordBatch] = []
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=words) as file:

        def write(chunk: Sequence[Exported]) -> None:
            if not chunk:
                return
            waiting.append(pa.record_batch([array(column, chunk) for column in shown], schema=schema))
            rows = sum(batch.num_rows for batch in waiting)
            if rows >= GROUP_ROWS or sum(batch.nbytes for batch in waiting) >= GROUP_BYTES:
                flush()

        def flush() -> None:
            group = pa.Table.from_batches(waiting)
            waiting.clear()
            file.write_table(group, row_group_size=group.num_rows)

        yield write
        if waiting:
            flush()


def array(column: Column, chunk: Sequence[Exported]) -> pa.Array:
    """The values of *column*, one of each span."""
    values: list[Any] = [column.read(each) for each in chunk]
    if column.kind is Kind.MONEY:
        values = [None if value is None else Decimal(value).quantize(_LEAST) for value in values]
    return pa.array(values, type=TYPES[column.kind])
