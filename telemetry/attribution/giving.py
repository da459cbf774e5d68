"""New tool calls get what they inherit before they are stored; stored ones, when what they inherit from comes."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from telemetry import semconv as sc
from telemetry.attribution import reading
from telemetry.attribution.deciding import Words, inherited
from telemetry.attribution.reading import Call, Key
from telemetry.dictionaries import Ids
from telemetry.rows import SeriesKey, SpanRow, name_of

# Words that calls inherit repeat as calls do.
REMEMBERED = 4_096


def give(rows: Sequence[SpanRow]) -> dict[Key, SpanRow]:
    """Fill the blanks of *rows*; stored calls that inherit from them, by their keys, with all their words."""
    known = reading.stored(rows)
    keys = {_key(row) for row in known}
    late: dict[Key, SpanRow] = {}
    for row, words in inherited([*known, *(row for row in rows if _key(row) not in keys)] if keys else rows):
        row.series = with_words(row.series, words)
        row.session_id = row.session_id or words.session_id
        row.attributes = {**row.attributes, sc.INHERITED: words.names}
        if keys and (key := _key(row)) in keys:
            late[key] = row
    return late


@lru_cache(REMEMBERED)
def with_words(series: SeriesKey, words: Words) -> SeriesKey:
    """*series* with those of *words* that it lacks."""
    return series._replace(
        agent=series.agent or words.agent,
        provider=series.provider or words.provider,
        model=series.model or words.model,
    )


def heirs(late: Mapping[Key, SpanRow]) -> dict[Call, SeriesKey]:
    """The stored calls that inherit *late*, as they are now, and their new series."""
    if not late:
        return {}
    given = {
        key: Words(row.series.agent, row.session_id, row.series.provider, row.series.model)
        for key, row in late.items()
    }
    return {call: with_words(call.series, given[call.key]) for call in reading.again(late)}


def changes(calls: Mapping[Call, SeriesKey], late: Mapping[Key, SpanRow], ids: Ids) -> list[dict[str, Any]]:
    """As ``telemetry.witnesses.settling.changes``, of stored *calls* that inherit from spans that came later."""
    found = []
    for call, series in calls.items():
        session_id = call.session_id or late[call.key].session_id
        names = [name for name in _WORDS if getattr(call.series, name) != getattr(series, name)]
        names += [] if call.session_id == session_id else ["session"]
        said = {name: getattr(call, name) for name in _SAID} | {"name": name_of(series)}
        after = {"session_id": session_id, "inherited": [*call.inherited, *names]}
        found += [
            said | {"series_id": ids.series[call.series], "sign": -1},
            said | {"series_id": ids.series[series], "sign": 1} | after,
        ]
    return found


_WORDS = ("agent", "provider", "model")
_SAID = (
    *("start_time", "trace_id", "span_id", "duration_ms", "status", "attempts", "stored_at", "outcome"),
    "fingerprint",
)


def _key(row: SpanRow) -> Key:
    return row.start_time, row.trace_id, row.span_id
