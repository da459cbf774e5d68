"""The chart of the store's own page, as plain data. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dashboard.addresses.periods import Window
from dashboard.charts.figure_parts import iso, time_layout
from telemetry.models import IngestMinute

# Spans are counted by minute.
LEAST_S = 60


def ingest(window: Window, minutes: Mapping[datetime, IngestMinute]) -> dict[str, Any]:
    """Spans stored a second, a bar a point, and in red those lost; no bars where nothing came."""
    step = timedelta(seconds=window.period.bin_s)
    stored = dict.fromkeys(window.bins(), 0)
    lost = dict(stored)
    for minute, row in minutes.items():
        point = window.start + (minute - window.start) // step * step
        if point in stored:
            stored[point] += row.stored
            lost[point] += row.dropped + row.refused
    layout = time_layout(window, right=12)
    layout |= {"barmode": "stack", "bargap": 0.1, "showlegend": any(lost.values())}
    layout["legend"] = {"orientation": "h", "y": -0.22, "traceorder": "normal"}
    layout["yaxis"] |= {"rangemode": "tozero", "fixedrange": True, "nticks": 5, "ticksuffix": " /s"}
    bars = (("stored", stored, "var(--accent)"), ("lost", lost, "var(--bad)"))
    return {
        "data": [_bars(name, counts, colour, window) for name, counts, colour in bars if any(counts.values())],
        "layout": layout,
    }


def _bars(name: str, counts: Mapping[datetime, int], colour: str, window: Window) -> dict[str, Any]:
    seconds = window.period.bin_s
    return {
        "type": "bar",
        "name": name,
        "x0": iso(window.start + timedelta(seconds=seconds) / 2),
        "dx": seconds * 1000,
        # The first and the last point are observed for a part of their length: the rest is not to thin them out.
        "y": [round(count / max(window.observed_in(at), LEAST_S), 3) for at, count in counts.items()],
        "customdata": list(counts.values()),
        "marker": {"color": colour},
        "hovertemplate": f"%{{x|%H:%M}} · %{{y:,.1f}} /s<br>%{{customdata:,}} {name}<extra></extra>",
    }
