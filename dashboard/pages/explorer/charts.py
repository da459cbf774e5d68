"""Matches over time: the figure, and the same numbers as a table. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.addresses import query_terms
from dashboard.charts.figure_parts import iso, plain_layout
from dashboard.pages.explorer.questions import Question
from telemetry.search import Bin, Bins

# How a match ended: the bin's count, its word, its colour, the tone of its shape, and the term that asks for it.
KINDS = (
    ("succeeded", "succeeded", "var(--rung-fallback)", "good", "outcome:succeeded"),
    ("failed", "failed", "var(--rung-failed)", "bad", "outcome:failed"),
    ("refused", "refused", "var(--warn)", "warn", "outcome:refused"),
    ("other", "no tool call", "var(--rung-refused)", "unsure", "not is:tool"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """All matches that ended one way; ``query`` leads to them alone."""

    word: str
    tone: str
    count: int
    query: str


def kinds(bins: Sequence[Bin], question: Question) -> list[Kind]:
    """The ways that matches ended, those that there were."""
    counted = [
        (sum(getattr(each, name) for each in bins), word, tone, term) for name, word, _, tone, term in KINDS
    ]
    return [
        Kind(word, tone, count, question.narrowed(term).query()) for count, word, tone, term in counted if count
    ]


def figure(bins: Bins) -> dict[str, Any]:
    """Bars stacked by how matches ended. Dragging over them selects a stretch of time."""
    layout = plain_layout()
    layout |= {"barmode": "stack", "bargap": 0.12, "dragmode": "select", "selectdirection": "h"}
    layout["margin"] = {"l": 44, "r": 8, "t": 6, "b": 34}
    layout["xaxis"] |= {"type": "date", "fixedrange": True, "nticks": 9, "tickangle": 0, "showgrid": False}
    layout["yaxis"] |= {"rangemode": "tozero", "fixedrange": True, "tickformat": ",d", "nticks": 4}
    if not any(map(total, bins)):
        return {"data": [], "layout": layout}
    width = timedelta(seconds=bins.width_s)
    layout["xaxis"]["range"] = [iso(bins[0].start), iso(bins[-1].start + width)]
    shown = [kind for kind in KINDS if any(getattr(each, kind[0]) for each in bins)]
    return {
        "data": [
            {
                "type": "bar",
                "name": word,
                "x": [iso(each.start + width / 2) for each in bins],
                "y": [getattr(each, name) for each in bins],
                "marker": {"color": colour},
                "hovertemplate": f"%{{x|%-d %b %H:%M:%S}}<br>%{{y:,}} {word}<extra></extra>",
            }
            for name, word, colour, _, _ in shown
        ],
        "layout": layout,
    }


@dataclass(frozen=True, slots=True)
class TableRow:
    """A bar in figures; ``query`` asks for its stretch of time alone."""

    start: datetime
    bin: Bin
    total: int
    query: str


def table(bins: Bins, question: Question) -> list[TableRow]:
    """The bars that hold anything, newest first."""
    width = timedelta(seconds=bins.width_s)
    return [
        TableRow(each.start, each, total(each), between(question, each.start, each.start + width).query())
        for each in reversed(bins)
        if total(each)
    ]


def between(question: Question, start: datetime, end: datetime) -> Question:
    """*question* of that stretch of time alone."""
    text = query_terms.without_times(question.text)
    since, until = (moment.replace(tzinfo=None).isoformat() for moment in (start, end))
    return question.asking(query_terms.with_terms(text, f"since:{since}", f"until:{until}"))


def total(each: Bin) -> int:
    return each.succeeded + each.failed + each.refused + each.other
