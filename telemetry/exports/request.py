"""From what somebody asks for to an export: what is checked before anything is stored."""

from datetime import datetime

from telemetry import search
from telemetry.exports.formats import FORMATS
from telemetry.exports.models import Export
from telemetry.search import SearchError, Window

MAX_QUERY_CHARS = 2_000


class Refused(Exception):
    """What was asked for cannot be exported; the message says why, ``caret`` points at the place in the query."""

    def __init__(self, message: str, caret: str = "") -> None:
        super().__init__(message)
        self.caret = caret


def new_export(*, query: str, period: Window, now: datetime, format: str, with_payloads: bool) -> Export:
    """An unsaved export of the spans of *query*, in *period* where that does not name a time itself.

    Raises Refused.
    """
    if format not in FORMATS:
        raise Refused(f"There is no format {format[:40]!r}: choose one of {', '.join(FORMATS)}.")
    text = " ".join(query.split())
    if len(text) > MAX_QUERY_CHARS:
        raise Refused(f"The query is longer than {MAX_QUERY_CHARS:,} characters: leave some of it out.")
    try:
        start, end = search.parse(text).within(period, now)
    except SearchError as error:
        raise Refused(error.message, caret(text, error)) from error
    end = min(end, now)
    if start >= end:
        raise Refused("There is no time between the beginning and the end that the query names.")
    return Export(query=text, format=format, with_payloads=with_payloads, start=start, end=end)


def caret(text: str, error: SearchError) -> str:
    """The query and a line below it that points at what is wrong; empty where nothing can be pointed at."""
    if not text:
        return ""
    return f"{text}\n{' ' * error.position}{'^' * max(error.length, 1)}"
