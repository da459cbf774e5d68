"""New tool calls get what they inherit before they are stored; stored ones, when what they inherit from comes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from telemetry import semconv as sc
from telemetry.attribution import reading
from telemetry.attribution.deciding import Words, inherited
from telemetry.attribution.reading import Call, Key
from telemetry.dictionaries import Ids
from telemetry.rows import SeriesKey, SpanRow, name_of


def give(rows: Sequence[SpanRow]) -> dict[Key, Words]:
    """Fill the blanks of *rows*; what stored calls inherit from them, by their keys."""
    known = reading.stored(rows)
    keys = {_key(row) for row in known}
    late: dict[Key, Words] = {}
    for row, words in inherited([*known, *(row for row in rows if _key(row) not in keys)] if keys else rows):
        if (key := _key(row)) in keys:
            late[key] = words
        else:
            row.series = with_words(row.series, words)
            row.session_id = row.session_id or words.session_id
            row.attributes = {**row.attributes, sc.INHERITED: words.names}
    return late


def with_words(series: SeriesKey, words: Words) -> SeriesKey:
    """*series* with those of *words* that it lacks."""
    return series._replace(
        agent=series.agent or words.agent,
        provider=series.provider or words.provider,
        model=series.model or words.model,
    )


def changes(calls: Collection[Call], late: Mapping[Key, Words], ids: Ids) -> list[dict[str, Any]]:
    """As ``telemetry.witnesses.settling.changes``, of stored *calls* that inherit from spans that came later."""
    found = []
    for call in calls:
        words = late[call.key]
        series = with_words(call.series, words)
        names = [
            name
            for name in words.names
            if not (call.session_id if name == "session" else getattr(call.series, name))
        ]
        said = {name: getattr(call, name) for name in _SAID} | {"name": name_of(series)}
        after = {
            "series_id": ids.series[series],
            "session_id": call.session_id or words.session_id,
            "inherited": [*call.inherited, *names],
        }
        found += [said | {"series_id": ids.series[call.series], "sign": -1}, said | after | {"sign": 1}]
    return found


_SAID = (
    *("start_time", "trace_id", "span_id", "duration_ms", "status", "attempts", "stored_at", "outcome"),
    "fingerprint",
)


def _key(row: SpanRow) -> Key:
    return row.start_time, row.trace_id, row.span_id
