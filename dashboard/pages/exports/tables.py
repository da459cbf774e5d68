"""Exports as the list shows them: a state, how far each is, and what is to come. Pure."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.wording import formats
from dashboard.wording.states import State as Pill
from telemetry.exports.models import Export, State

STATES: dict[str, Pill] = {
    State.QUEUED: Pill("queued", "unsure"),
    State.RUNNING: Pill("running", "good"),
    State.DONE: Pill("done", "good"),
    State.FAILED: Pill("failed", "bad"),
    State.CANCELLED: Pill("cancelled", "unsure"),
    State.EXPIRED: Pill("expired", "unsure"),
}
CUT = Pill("done, cut", "warn")


@dataclass(frozen=True, slots=True)
class Row:
    """An export as the page shows it; ``width`` is what is read, in percent, ``when`` what is to come."""

    export: Export
    pill: Pill
    width: float
    rows: str
    when: str


def row_of(export: Export, now: datetime) -> Row:
    """*export* in words and a bar. Pure."""
    pill = CUT if export.state == State.DONE and export.note else STATES[export.state]
    return Row(export, pill, 100 * export.share, rows_words(export), when(export, now))


def rows_words(export: Export) -> str:
    """How many rows, and of how many as it looks."""
    done = formats.count(export.rows_done)
    if export.state == State.RUNNING and export.rows_estimated:
        return f"{done} of about {rough(export.rows_estimated)} rows"
    return f"{done} row{'' if export.rows_done == 1 else 's'}"


def rough(count: int) -> str:
    """*count* in two digits: it is a guess."""
    return formats.count(int(float(f"{count:.2g}")))


def when(export: Export, now: datetime) -> str:
    """What is to be expected of *export*, in words."""
    if export.state == State.DONE and export.expires_at:
        return f"kept for {formats.span_of((export.expires_at - now).total_seconds())} more"
    if export.state == State.QUEUED:
        return "begins when the one before it is done"
    if export.state == State.EXPIRED:
        return "the file is deleted"
    return ""
