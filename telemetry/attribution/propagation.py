"""New tool calls get what they inherit before they are stored; stored ones, when what they inherit from comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from telemetry import semconv as sc
from telemetry.attribution import queries
from telemetry.attribution.deciding import inherited
from telemetry.attribution.inheritance import Words, inherited_by, own_of, without
from telemetry.attribution.queries import Call, Key
from telemetry.dictionaries.lookup import Ids
from telemetry.spans.rows import SeriesKey, SpanRow, name_of

# Words that calls inherit repeat as calls do.
REMEMBERED = 4_096


@dataclass(slots=True, frozen=True)
class Late:
    """A stored call that inherits otherwise now: as it is to be, and what it had inherited as it was read."""

    row: SpanRow
    had: Words


class Given(NamedTuple):
    """What a stored call is from now on."""

    series: SeriesKey
    session_id: str
    inherited: list[str]
    asked_by: str


def give(rows: Sequence[SpanRow]) -> dict[Key, Late]:
    """Fill the blanks of *rows*; the stored calls that inherit otherwise by them, by their keys."""
    known = queries.stored(rows)
    keys = {_key(row) for row in known}
    late: dict[Key, Late] = {}
    for row, words in inherited([row for row in rows if _key(row) not in keys] if keys else rows, known):
        if keys and (key := _key(row)) in keys:
            own, had = own_of(row), inherited_by(row)
            _fill(own, words)
            late[key] = Late(own, had)
        else:
            _fill(row, words)
    return late


def _fill(row: SpanRow, words: Words) -> None:
    row.series = with_words(row.series, words)
    row.session_id = row.session_id or words.session_id
    row.attributes = {**row.attributes, sc.INHERITED: words.names}
    if words.asked_by:
        row.attributes[sc.ASKED_BY] = words.asked_by


@lru_cache(REMEMBERED)
def with_words(series: SeriesKey, words: Words) -> SeriesKey:
    """*series* with those of *words* that it lacks."""
    return series._replace(
        agent=series.agent or words.agent,
        provider=series.provider or words.provider,
        model=series.model or words.model,
    )


def heirs(late: Mapping[Key, Late]) -> dict[Call, Given]:
    """The stored calls that inherit *late*, as they are now, and what they are to be."""
    found = {call: _given(call, late[call.key]) for call in queries.again(late)} if late else {}
    return {
        call: given
        for call, given in found.items()
        if given[:2] != (call.series, call.session_id) or given.asked_by != call.asked_by
    }


def _given(call: Call, late: Late) -> Given:
    words, now = inherited_by(late.row), call.words
    if now != late.had and not (words.asked_by and not now.asked_by):
        # Another process gave it words meanwhile, by what was not seen here.
        words = now.over(words)
    own = without(call.series, call.inherited)
    own_session_id = "" if "session" in call.inherited else call.session_id
    return Given(with_words(own, words), own_session_id or words.session_id, words.names, words.asked_by)


def changes(calls: Mapping[Call, Given], ids: Ids) -> list[dict[str, Any]]:
    """As ``witnesses.deduplication.changes``, of stored *calls* that inherit from spans that came later."""
    found = []
    for call, given in calls.items():
        said = {name: getattr(call, name) for name in _SAID} | {"name": name_of(given.series)}
        after = {"session_id": given.session_id, "inherited": given.inherited, "asked_by": given.asked_by}
        found += [
            said | {"series_id": ids.series[call.series], "sign": -1},
            said | {"series_id": ids.series[given.series], "sign": 1} | after,
        ]
    return found


_SAID = (
    *("start_time", "trace_id", "span_id", "duration_ms", "status", "attempts", "stored_at", "outcome"),
    "fingerprint",
)


def _key(row: SpanRow) -> Key:
    return row.start_time, row.trace_id, row.span_id
