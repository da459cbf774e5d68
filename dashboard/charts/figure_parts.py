"""The parts that figures are made of: layouts, lines across, shades and labels. Pure.

A colour is the name of a CSS variable (``var(--bad)``); ``static/js/charts.js`` resolves it, so one figure
serves light and dark. Times are UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.addresses.periods import Window
from dashboard.queries.edits import Edit
from dashboard.wording.states import GOAL

Figure = dict[str, Any]
# A bar is read with its neighbours: so many fit beside each other.
FAILURE_BARS = 45
GOAL_STYLE = {"dash": "dot", "width": 1.5, "color": "var(--bad)"}


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch of time in which an incident was open."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """An edit at a moment."""

    at: datetime
    text: str


def plain_layout() -> dict[str, Any]:
    axis = {"gridcolor": "var(--grid)", "zeroline": False, "linecolor": "var(--line)"}
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": "var(--quiet)", "family": "var(--font)"},
        "hoverlabel": {
            "bgcolor": "var(--card)",
            "bordercolor": "var(--line)",
            "font": {"color": "var(--text)", "family": "var(--font)"},
        },
        "hovermode": "closest",
        "showlegend": False,
        "xaxis": {**axis},
        "yaxis": {**axis},
    }


def time_layout(window: Window, right: int) -> dict[str, Any]:
    layout = plain_layout()
    layout["margin"] = {"l": 48, "r": right, "t": 6, "b": 36}
    layout["xaxis"] |= {
        "type": "date",
        "range": [iso(window.start), iso(window.end)],
        "fixedrange": True,
        "nticks": 9,
        "tickangle": 0,
    }
    return layout


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near *wanted* (in ascending order) that keep *gap* apart and stay within *low* to *high*."""
    placed: list[float] = []
    for value in wanted:
        placed.append(max(value, placed[-1] + gap) if placed else max(value, low))
    ceiling = high
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - gap
    return placed


def goal_line() -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 100 * GOAL,
        "y1": 100 * GOAL,
        "line": GOAL_STYLE,
    }


def shade_rect(shade: Shade, window: Window) -> dict[str, Any]:
    return {
        "type": "rect",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "x0": iso(max(shade.start, window.start)),
        "x1": iso(min(shade.end, window.end)),
        "fillcolor": "var(--shade)",
        "line": {"width": 0},
        "layer": "below",
    }


def edit_line(mark: Mark) -> dict[str, Any]:
    at = iso(mark.at)
    style = {"width": 1.5, "color": "var(--accent)"}
    return {"type": "line", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": style}


def edit_labels(marks: Sequence[Mark], window: Window) -> list[dict[str, Any]]:
    """The newest edit is named beside its line, on the side that has room."""
    if not marks:
        return []
    newest = max(marks, key=lambda mark: mark.at)
    late = newest.at > window.start + (window.end - window.start) / 2
    text = newest.text if len(newest.text) <= 48 else newest.text[:47] + "…"
    return [
        {
            "x": iso(newest.at),
            "y": 0,
            "yref": "paper",
            "text": f"{text} " if late else f" {text}",
            "showarrow": False,
            "xanchor": "right" if late else "left",
            "yanchor": "bottom",
            "font": {"size": 11, "color": "var(--accent)"},
        }
    ]


def axis_floor(values: Iterable[float]) -> float:
    """The lower end of an axis of percentages: 75, or lower in steps of 25 where a value asks for it."""
    least = min(values, default=100.0)
    return next(end for end in (74.0, 49.0, 24.0, -1.0) if least >= end + 1 or end < 0)


def short_name(name: str) -> str:
    return name if len(name) <= 11 else name[:10] + "…"


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def bar_seconds(window: Window) -> int:
    """How much time one bar of a chart of bars covers."""
    bins = window.period.seconds // window.period.bin_s
    return window.period.bin_s * max(1, -(-bins // FAILURE_BARS))


def edit_marks(edits: Iterable[Edit]) -> list[Mark]:
    return [Mark(edit.at, edit.text) for edit in edits]
