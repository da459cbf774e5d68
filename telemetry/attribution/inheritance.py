"""What a call inherits, and how a stored call says what of it is not its own. Pure."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import compress, product
from typing import Any, NamedTuple

from telemetry import semconv as sc
from telemetry.spans.asked_calls import is_named
from telemetry.spans.rows import SeriesKey, SpanRow
from telemetry.values.texts import write_json

_NAMES = ("agent", "session", "provider", "model")
_NAMED = {there: tuple(compress(_NAMES, there)) for there in product((False, True), repeat=len(_NAMES))}


class Words(NamedTuple):
    """What a call inherits; blank: nothing. ``asked_by``: the span of the chat whose output names the call."""

    agent: str = ""
    session_id: str = ""
    provider: str = ""
    model: str = ""
    asked_by: str = ""

    def over(self, others: "Words") -> "Words":
        """These, and *others* where there are none."""
        return Words._make(mine or other for mine, other in zip(self, others, strict=True))

    @property
    def names(self) -> list[str]:
        """What of it there is, as ``semconv.INHERITED`` names it."""
        agent, session_id, provider, model, _ = self
        return [*_NAMED[bool(agent), bool(session_id), bool(provider), bool(model)]]


def named_in(messages: str, call_id: str) -> bool:
    """Whether the output in *messages* (as stored) asks for the call of that id; what it was given has many."""
    if call_id not in messages:
        return False
    try:
        output = json.loads(messages).get("output")
    except (ValueError, RecursionError, AttributeError):
        return False
    text = output if isinstance(output, str) else write_json(output)
    return is_named(call_id, text)


def words_of(series: SeriesKey, session_id: str, names: Collection[str], asked_by: str) -> Words:
    """Those of the words of a call that *names* names."""
    said = (series.agent, session_id, series.provider, series.model)
    return Words._make(
        (*(word if name in names else "" for name, word in zip(_NAMES, said, strict=True)), asked_by)
    )


def inherited_by(row: SpanRow) -> Words:
    """What the stored *row* inherited."""
    names = names_in(row.attributes.get(sc.INHERITED))
    return words_of(row.series, row.session_id, names, asked_by_in(row.attributes.get(sc.ASKED_BY)))


def own_of(row: SpanRow) -> SpanRow:
    """The stored *row* with what its span says itself alone."""
    names = names_in(row.attributes.get(sc.INHERITED))
    if not names:
        return row
    session_id = "" if "session" in names else row.session_id
    return replace(row, series=without(row.series, names), session_id=session_id)


def without(series: SeriesKey, names: Iterable[str]) -> SeriesKey:
    """*series* less the words of these *names*."""
    blank: dict[str, Any] = {name: "" for name in names if name != "session"}
    return series._replace(**blank) if blank else series


def names_in(said: Any) -> list[str]:
    """Those of ``Words.names`` that are *said*: a sender may say anything under the name."""
    return [name for name in _NAMES if name in said] if isinstance(said, list) else []


def asked_by_in(said: Any) -> str:
    """The id that ``hex_of`` wrote, if it is that what is *said*."""
    return said if isinstance(said, str) and re.fullmatch("[0-9a-f]{16}", said) else ""


def hex_of(span_id: int) -> str:
    """*span_id*, which is signed here, as it is written."""
    return f"{span_id & (1 << 64) - 1:016x}"


def span_id_of(written: str) -> int | None:
    """The id that ``hex_of`` wrote; None for nothing."""
    return (int(written, 16) ^ 1 << 63) - (1 << 63) if written else None
