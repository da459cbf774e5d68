"""Who was chosen over time, and what was missed. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard.addresses.periods import Window
from dashboard.charts.figure_parts import Figure, bar_seconds, iso, time_layout
from dashboard.pages.choice.queries import Came
from dashboard.pages.choice.tables import MemberRow, best_mean

Grid = Mapping[tuple[int, str], int]


def share_over_time(window: Window, grid: Grid, rows: Sequence[MemberRow]) -> Figure:
    """Bars of choices, stacked by member, each whole 100 %."""
    step_s = bar_seconds(window)
    count = window.period.seconds // step_s
    totals = [sum(chosen_of(grid, at, row.name) for row in rows) for at in range(count)]
    layout = time_layout(window, right=12)
    layout |= {"barmode": "stack", "bargap": 0.1}
    layout["yaxis"] |= {"range": [0, 100], "fixedrange": True, "ticksuffix": " %", "nticks": 5}
    data = [
        {
            "type": "bar",
            "name": row.name,
            "x0": iso(window.start + timedelta(seconds=step_s / 2)),
            "dx": step_s * 1000,
            "y": [
                100 * chosen_of(grid, at, row.name) / total if total else None for at, total in enumerate(totals)
            ],
            "customdata": [chosen_of(grid, at, row.name) for at in range(count)],
            "marker": {"color": f"var(--model-{row.colour})"},
            "hovertemplate": "%{y:.0f} % · %{customdata} choices · " + row.name + "<extra></extra>",
        }
        for row in rows
        if row.came.chosen
    ]
    return {"data": data, "layout": layout}


def chosen_of(grid: Grid, bar: int, member: str) -> int:
    return grid.get((bar, member), 0)


def regret_over_time(window: Window, sums: Sequence[tuple[datetime, float, float]]) -> Figure:
    """What was ``missed``, beside what choosing evenly would have missed."""
    layout = time_layout(window, right=12)
    layout["yaxis"] |= {"rangemode": "tozero", "fixedrange": True, "nticks": 5}
    lines = [("as chosen", "var(--accent)", 1, "solid"), ("choosing evenly", "var(--quiet)", 2, "dot")]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": [iso(row[0]) for row in sums],
            "y": [row[place] for row in sums],
            "line": {"color": colour, "width": 2, "dash": dash},
            "hovertemplate": "%{y:.2f} · " + name + "<extra></extra>",
        }
        for name, colour, place, dash in lines
        if sums
    ]
    return {"data": data, "layout": layout}


def missed(window: Window, grid: Grid, members: Mapping[str, Came]) -> list[tuple[datetime, float, float]]:
    """At the end of each bar until now: the regret so far, and that of choosing evenly; empty without any."""
    best = best_mean(members)
    if best is None:
        return []
    gaps = {name: best - came.mean for name, came in members.items() if came.mean is not None}
    evenly = sum(gaps.values()) / len(gaps)
    step = timedelta(seconds=bar_seconds(window))
    sums, so_far, even_so_far = [], 0.0, 0.0
    for at in range(int((window.end - window.start) / step)):
        if window.start + at * step > window.now:
            break
        so_far += sum(chosen_of(grid, at, name) * gap for name, gap in gaps.items())
        even_so_far += evenly * sum(chosen_of(grid, at, name) for name in gaps)
        sums.append((window.start + (at + 1) * step, so_far, even_so_far))
    return sums


def share_table(window: Window, grid: Grid, rows: Sequence[MemberRow]) -> list[dict[str, Any]]:
    """The same as a table: the choices of each bar that has some, newest first."""
    step = timedelta(seconds=bar_seconds(window))
    bars = sorted({bar for bar, _ in grid}, reverse=True)
    return [
        {"start": window.start + bar * step, "chosen": [chosen_of(grid, bar, row.name) for row in rows]}
        for bar in bars
    ]
