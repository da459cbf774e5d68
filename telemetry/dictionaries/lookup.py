"""What repeats in spans and is stored once: words become ids.

Each process remembers the ids it has seen. New entries are committed before the batch that needs them, so that no
id is remembered that was rolled back; nothing is ever deleted from these tables.
"""

import hashlib
import threading
import uuid
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection

from telemetry.spans.finished import SourceKey
from telemetry.spans.rows import SeriesKey, SpanRow

Key = TypeVar("Key", bound=Hashable)
# More than any healthy system has; beyond it the oldest are asked for again.
REMEMBERED = 50_000


@dataclass(slots=True)
class Dictionary:
    """One such table: its *columns* and the values that a key has for them."""

    table: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    values_of: Callable[[Any], Sequence[Any]]
    forgotten: int = 0  # how often; who remembers something of the table forgets it too
    _ids: dict[Hashable, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ids(self, keys: Iterable[Hashable]) -> dict[Hashable, int]:
        """The id of each of *keys*; those that are new are stored. No query when all are remembered."""
        wanted = set(keys)
        found = {key: self._ids[key] for key in wanted if key in self._ids}
        if len(found) < len(wanted):
            found |= self._remember(self._stored(list(wanted - found.keys())))
        return found

    def unknown(self, keys: Iterable[Key]) -> list[Key]:
        """Those of *keys* that are not stored, in one order. No query when all are remembered."""
        wanted = {digest(self.values_of(key)): key for key in keys if key not in self._ids}
        if not wanted:
            return []
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT digest FROM {self.table} WHERE digest = ANY(%s)", [list(wanted)])
            stored = {code for (code,) in cursor.fetchall()}
        return [wanted[code] for code in sorted(wanted.keys() - stored)]

    def forget(self) -> None:
        with self._lock:
            self._ids.clear()
            self.forgotten += 1

    def _remember(self, ids: dict[Hashable, int]) -> dict[Hashable, int]:
        with self._lock:
            self._ids.update(ids)
            for key in list(self._ids)[: max(0, len(self._ids) - REMEMBERED)]:
                del self._ids[key]
        return ids

    def _stored(self, keys: list[Hashable]) -> dict[Hashable, int]:
        # In one order, so that two processes with the same new entries wait for each other and never deadlock.
        by_digest = dict(sorted((digest(self.values_of(key)), key) for key in keys))
        rows = [(code, *self.values_of(key)) for code, key in by_digest.items()]
        arrays = ", ".join(f"%s::{kind}[]" for kind in ("uuid", *self.types))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.table} (digest, {', '.join(self.columns)}, first_seen_at) "
                f"SELECT *, now() FROM unnest({arrays}) ON CONFLICT (digest) DO NOTHING",
                [list(column) for column in zip(*rows, strict=True)],
            )
            cursor.execute(f"SELECT digest, id FROM {self.table} WHERE digest = ANY(%s)", [list(by_digest)])
            return {by_digest[code]: number for code, number in cursor.fetchall()}


def digest(values: Iterable[Any]) -> uuid.UUID:
    """By what an entry is known; SQL says ``md5(concat_ws(E'\\x1f', …))::uuid``."""
    text = "\x1f".join(map(str, values)).encode()
    return uuid.UUID(bytes=hashlib.md5(text, usedforsecurity=False).digest())


SERIES = Dictionary(
    "telemetry_series",
    SeriesKey._fields,
    tuple("smallint" if name == "kind" else "text" for name in SeriesKey._fields),
    tuple,
)
SOURCES = Dictionary("telemetry_source", SourceKey._fields, ("jsonb", "text", "text", "jsonb"), tuple)
ATTRIBUTE_SETS = Dictionary("telemetry_attribute_set", ("attributes",), ("jsonb",), lambda text: (text,))
ALL = (SERIES, SOURCES, ATTRIBUTE_SETS)


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of all that the rows of one batch name; no attribute set has the id None."""

    series: dict[Hashable, int]
    sources: dict[Hashable, int]
    attribute_sets: dict[Hashable, int]


def resolve(rows: Sequence[SpanRow], also: Iterable[SeriesKey] = ()) -> Ids:
    """The ids for *rows* and the series *also*, each stored; one short query makes sure.

    Raises ``django.db.Error``.
    """
    series = {*also, *(row.series for row in rows)}
    ids = _ids(rows, series)
    if _are_there(ids):
        return ids
    forget()
    return _ids(rows, series)


THERE = " + ".join(f"(SELECT count(*) FROM {dictionary.table} WHERE id = ANY(%s))" for dictionary in ALL)


def _are_there(ids: Ids) -> bool:
    """Whether all entries are there still: the tables may have been emptied, or put back, since."""
    wanted = [list(set(found.values())) for found in (ids.series, ids.sources, ids.attribute_sets)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {THERE}", wanted)
        return bool(cursor.fetchone()[0] == sum(map(len, wanted)))


def forget() -> None:
    """Remember nothing: for a database that was emptied or put back."""
    for dictionary in ALL:
        dictionary.forget()


def _ids(rows: Sequence[SpanRow], series: Iterable[SeriesKey]) -> Ids:
    return Ids(
        SERIES.ids(series),
        SOURCES.ids({row.source for row in rows}),
        ATTRIBUTE_SETS.ids({row.attribute_set for row in rows if row.attribute_set}),
    )
