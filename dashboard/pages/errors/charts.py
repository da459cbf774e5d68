"""How often a group of errors occurs, over time. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard.addresses.periods import Window
from dashboard.charts.figure_parts import Mark, Shade, edit_labels, edit_line, iso, shade_rect, time_layout
from dashboard.pages.errors.tables import step_words


def figure(
    window: Window, points: Mapping[datetime, int], shades: Sequence[Shade], marks: Sequence[Mark]
) -> dict[str, Any]:
    """Occurrences over time, with incidents shaded and edits marked."""
    layout = time_layout(window, right=12)
    layout |= {"bargap": 0.15}
    layout["yaxis"] |= {"rangemode": "tozero", "fixedrange": True, "tickformat": ",d", "nticks": 5}
    layout["shapes"] = [*(shade_rect(shade, window) for shade in shades), *map(edit_line, marks)]
    # Over the bars, which reach down to where the labels of other charts stand.
    layout["annotations"] = [
        {**label, "y": 1, "yanchor": "top", "bgcolor": "var(--card)"} for label in edit_labels(marks, window)
    ]
    counts = [points.get(start, 0) for start in window.bins()]
    bars = {
        "type": "bar",
        "x0": iso(window.start + timedelta(seconds=window.period.bin_s) / 2),
        "dx": window.period.bin_s * 1000,
        "y": counts,
        "marker": {"color": "var(--bad)"},
        "hovertemplate": f"%{{x|%-d %b %H:%M}}<br>%{{y:,}} in {step_words(window)}<extra></extra>",
    }
    return {"data": [bars] if any(counts) else [], "layout": layout}
