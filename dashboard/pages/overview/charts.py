"""The charts of the overview as plain data: functions from tallies to a dict, no I/O and no colours of a theme."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from dashboard.addresses.periods import Window
from dashboard.charts.figure_parts import (
    FAILURE_BARS,
    GOAL_STYLE,
    Figure,
    Mark,
    Shade,
    axis_floor,
    edit_labels,
    edit_line,
    goal_line,
    iso,
    plain_layout,
    shade_rect,
    short_name,
    spread,
    time_layout,
)
from dashboard.queries.call_counts import Grid
from dashboard.wording import formats
from dashboard.wording.states import GOAL, TOO_FEW, State
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import Outcome

# By tool, (percent, n) at each point of the period.
Lines = Mapping[str, Sequence[tuple[float | None, int]]]

# A point says nothing on fewer calls than the first; it reaches back over REACH points at most for the second.
LEAST_CALLS, WANTED_CALLS, REACH = 5, 50, 5
CHART_HEIGHT_PX = 262
LABEL_HEIGHT_PX = 15
ALONE_PX = 5
LAYERS: tuple[tuple[Outcome, str, str], ...] = (
    (Outcome.ARGUMENTS, "bad arguments", "var(--layer-arguments)"),
    (Outcome.TIMEOUT, "timeout", "var(--layer-timeout)"),
    (Outcome.PROVIDER, "provider", "var(--layer-provider)"),
    (Outcome.BREAKER, "breaker open", "var(--layer-breaker)"),
    (Outcome.RETURNED_FAILURE, "returned failure", "var(--layer-returned)"),
    (Outcome.TOOL_BUG, "tool bug", "var(--layer-bug)"),
)


def success_by_tool(
    window: Window,
    points: Lines,
    states: Mapping[str, State],
    shades: Sequence[Shade] = (),
    marks: Sequence[Mark] = (),
) -> Figure:
    """Success rate over time, a line a tool: healthy ones grey, sick ones coloured and named at their ends."""
    lines = {tool: points[tool] for tool in sorted(states) if any(rate is not None for rate, _ in points[tool])}
    tones = {tool: states[tool].tone for tool in lines}
    # Sick lines are drawn last, over the others.
    order = sorted(lines, key=lambda tool: ("unsure", "good", "warn", "bad").index(tones[tool]))
    judged = [points for tool, points in lines.items() if tones[tool] != "unsure"]
    low = axis_floor(rate for points in judged for rate, _ in points if rate is not None)
    layout = time_layout(window, right=150)
    layout["yaxis"] |= {"range": [low, 100.6], "ticksuffix": f"{formats.THIN}%", "fixedrange": True}
    layout["shapes"] = [goal_line(), *(shade_rect(shade, window) for shade in shades), *map(edit_line, marks)]
    layout["annotations"] = [*_end_labels(lines, tones, low), *edit_labels(marks, window)]
    return {"data": [_line(tool, lines[tool], tones[tool], window) for tool in order], "layout": layout}


def success_lines(window: Window, grid: Grid, tools: Iterable[str]) -> Lines:
    """The points of each of *tools*."""
    bins = list(window.bins())
    return {tool: success_points(bins, grid, tool) for tool in tools}


def success_points(bins: Sequence[datetime], grid: Grid, tool: str) -> list[tuple[float | None, int]]:
    """(percent, n) for each bin. A bin of few calls borrows from those before it, so that one call is no cliff.

    A bin without calls says what those before it came to, where calls followed within REACH; else it is a gap.
    """
    pairs = [
        (tally.succeeded, tally.failed) if (tally := grid.get(start, {}).get(tool)) else (0, 0) for start in bins
    ]
    points: list[tuple[float | None, int]] = []
    for index in range(len(pairs)):
        good = n = 0
        for succeeded, failed in reversed(pairs[max(0, index - REACH + 1) : index + 1]):
            good, n = good + succeeded, n + succeeded + failed
            if n >= WANTED_CALLS:
                break
        points.append((round(100 * good / n, 2) if n >= LEAST_CALLS else None, n))
    shown = _observed([any(pair) for pair in pairs])
    return [(rate if seen else None, n) for seen, (rate, n) in zip(shown, points, strict=True)]


def _observed(has_calls: Sequence[bool]) -> list[bool]:
    """Of which bins a rate is said: those with calls, and short gaps between two of them."""
    shown = list(has_calls)
    for before, after in pairwise(index for index, has in enumerate(has_calls) if has):
        if after - before <= REACH:
            shown[before:after] = [True] * (after - before)
    return shown


def providers(rows: Sequence[tuple[str, Tally, State]]) -> Figure:
    """Success of each provider and model with its 95 % interval, best known first; too few calls are hollow."""
    shown = [row for row in reversed(rows) if row[1].judged]
    rates = [100 * (tally.success_rate or 0.0) for _, tally, _ in shown]
    bounds = [tuple(100 * bound for bound in tally.interval) for _, tally, _ in shown]
    # Intervals of a few calls reach far to the left; they may leave the picture, the others should not shrink.
    low = axis_floor(bound[0] for bound, row in zip(bounds, shown, strict=True) if row[2] is not TOO_FEW)
    layout = plain_layout()
    layout["margin"] = {"l": 8, "r": 16, "t": 6, "b": 30}
    layout["xaxis"] |= {"range": [low, 100.8], "ticksuffix": f"{formats.THIN}%", "fixedrange": True}
    layout["yaxis"] |= {"automargin": True, "fixedrange": True, "showgrid": False, "ticksuffix": "  "}
    layout["shapes"] = [
        {
            "type": "line",
            "yref": "paper",
            "x0": 100 * GOAL,
            "x1": 100 * GOAL,
            "y0": 0,
            "y1": 1,
            "line": GOAL_STYLE,
        }
    ]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [round(rate, 2) for rate in rates],
        "y": [name for name, _, _ in shown],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [round(bound[1] - rate, 2) for bound, rate in zip(bounds, rates, strict=True)],
            "arrayminus": [round(rate - bound[0], 2) for bound, rate in zip(bounds, rates, strict=True)],
            "thickness": 2,
            "width": 5,
            "color": "var(--quiet)",
        },
        "marker": {
            "size": 11,
            "color": [f"var(--{state.tone})" for _, _, state in shown],
            "symbol": ["circle-open" if state is TOO_FEW else "circle" for _, _, state in shown],
        },
        "customdata": [[formats.interval(tally.interval), tally.judged] for _, tally, _ in shown],
        "hovertemplate": "%{y}<br>%{x:.1f} % (%{customdata[0]})<br>%{customdata[1]:,} calls<extra></extra>",
    }
    return {"data": [trace] if shown else [], "layout": layout, "height": 60 + 42 * len(shown)}


def failures(window: Window, points: Mapping[datetime, Tally]) -> Figure:
    """Failed calls over time, stacked by the layer that failed; *points* are those of all tools together."""
    bins = list(window.bins())
    step = max(1, -(-len(bins) // FAILURE_BARS))
    groups = [bins[index : index + step] for index in range(0, len(bins), step)]
    layout = time_layout(window, right=12)
    layout |= {"barmode": "stack", "bargap": 0.15, "showlegend": True}
    layout["legend"] = {"orientation": "h", "y": -0.22, "traceorder": "normal"}
    layout["yaxis"] |= {"rangemode": "tozero", "fixedrange": True, "tickformat": ",d", "nticks": 5}
    data = []
    for outcome, name, colour in LAYERS:
        counts = [sum(tally.of(outcome) for start in group if (tally := points.get(start))) for group in groups]
        if any(counts):
            data.append(
                {
                    "type": "bar",
                    "name": name,
                    "x0": iso(window.start + timedelta(seconds=window.period.bin_s * step) / 2),
                    "dx": window.period.bin_s * step * 1000,
                    "y": counts,
                    "marker": {"color": colour},
                    "hovertemplate": f"%{{y:,}} {name}<extra></extra>",
                }
            )
    return {"data": data, "layout": layout}


def _line(tool: str, points: Sequence[tuple[float | None, int]], tone: str, window: Window) -> dict[str, Any]:
    colour, width = {"bad": ("var(--bad)", 2.6), "warn": ("var(--warn)", 1.8)}.get(
        tone, ("var(--healthy-line)", 1)
    )
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": tool,
        "x0": iso(window.start),
        "dx": window.period.bin_s * 1000,
        "y": [rate for rate, _ in points],
        "customdata": [n for _, n in points],
        "line": {"width": width, "color": colour},
        "marker": {"size": _dots([rate is not None for rate, _ in points]), "color": colour},
        "hovertemplate": f"{tool}<br>%{{x|%H:%M}} · %{{y:.1f}} % of %{{customdata:,}} calls<extra></extra>",
    }


def _dots(is_shown: Sequence[bool]) -> list[int]:
    """How large the dot of each point is, in px: one without neighbours would be a line of no length."""
    around = zip([False, *is_shown[:-1]], is_shown, [*is_shown[1:], False], strict=True)
    return [ALONE_PX if there and not (before or after) else 0 for before, there, after in around]


def _end_labels(
    lines: Mapping[str, Sequence[tuple[float | None, int]]],
    tones: Mapping[str, str],
    low: float,
) -> list[dict[str, Any]]:
    """A name at the end of each sick line and one for all the others together, moved apart where they meet."""
    last = {tool: next(rate for rate, _ in reversed(points) if rate is not None) for tool, points in lines.items()}
    wanted = [
        (last[tool], f"{tool} {last[tool]:.1f}", f"{short_name(tool)} {last[tool]:.1f}", f"var(--{tones[tool]})")
        for tool in lines
        if tones[tool] in ("bad", "warn")
    ]
    quiet = sorted(last[tool] for tool in lines if tones[tool] not in ("bad", "warn"))
    if quiet:
        text = f"{len(quiet)} {'others' if wanted else 'healthy'} ≥ {int(quiet[0])}"
        wanted.append((quiet[len(quiet) // 2], text, text, "var(--quiet)"))
    wanted.sort()
    gap = (100.6 - low) * LABEL_HEIGHT_PX / CHART_HEIGHT_PX
    heights = spread([max(item[0], low) for item in wanted], gap, low, 100.0)
    return [
        {
            "x": 1.005,
            "xref": "paper",
            "y": round(height, 2),
            "text": text,
            "short": short,
            "showarrow": False,
            "xanchor": "left",
            "font": {"size": 11, "color": colour},
        }
        for height, (_, text, short, colour) in zip(heights, wanted, strict=True)
    ]
