"""The effect of an arm over time, with what it may be: the line and its band. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard.charts.figure_parts import Figure, iso, plain_layout
from dashboard.pages.experiments.tables import UNREADABLE

Point = Mapping[str, Any]
HOVER = (
    "%{{x|%-d %b %H:%M:%S}}<br>%{{y:.2f}} {unit}<br>%{{customdata[0]:,}} and %{{customdata[1]:,}} units"
    "<br>%{{customdata[2]}}<extra></extra>"
)
# The axis is as long at least, else a run that was stopped at once is drawn in milliseconds.
SHORTEST = timedelta(minutes=10)
ARM_COLOURS = ("var(--accent)", "var(--warn)", "var(--good)", "var(--bad)")


def effect_over_time(
    points: Sequence[Point], arm: str, margin: float, *, since: datetime, unit: str, place: int = 0
) -> Figure:
    """The effect of *arm* at each look from *since* on, in hundredths, whose *unit* it is.

    Ends that an interval has not yet are where the chart ends.
    """
    seen = [(point["at"], found) for point in points if (found := of_arm(point, arm)) is not None]
    drawn = [(at, found) for at, found in seen if found["effect"] is not None]
    if not drawn:
        return {"data": [], "layout": plain_layout()}
    reach = reach_of([found for _, found in drawn], margin)
    moments = [datetime.fromisoformat(at) for at, _ in drawn]
    x = [iso(at) for at in moments]
    low = [bounded(found["low"], -reach) for _, found in drawn]
    high = [bounded(found["high"], reach) for _, found in drawn]
    colour = ARM_COLOURS[place % len(ARM_COLOURS)]
    told = [[found["control_units"], found["arm_units"], found["verdict"]] for _, found in drawn]
    y = [round(100 * found["effect"], 2) for _, found in drawn]
    return {
        "data": [
            _edge(x, low),
            {**_edge(x, high), "fill": "tonexty", "fillcolor": "var(--grid)"},
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": arm,
                "x": x,
                "y": y,
                "error_y": _bar(y[0], low[0], high[0]) if len(y) == 1 else {"visible": False},
                "customdata": told,
                "line": {"color": colour, "width": 2},
                "marker": {"size": 5, "color": colour},
                "hovertemplate": HOVER.format(unit=unit),
            },
        ],
        "layout": _layout(reach, margin, unit) | {"xaxis": _time(since, moments[-1])},
    }


def of_arm(point: Point, arm: str) -> Mapping[str, Any] | None:
    found = next((each for each in point["arms"] if each["arm"] == arm), None)
    if found is None or point["is_readable"]:
        return found
    return {**found, "verdict": UNREADABLE}


def reach_of(found: Sequence[Mapping[str, Any]], margin: float) -> float:
    """How far the axis goes to both sides: as far as the last interval and every effect, at most all there is."""
    ends: list[float] = [abs(each["effect"]) for each in found]
    ends += [abs(found[-1][name]) for name in ("low", "high") if found[-1][name] is not None]
    return min(max(1.5 * max(ends), 3 * margin, 0.02), 1.0)


def bounded(end: float | None, reach: float) -> float:
    """In hundredths, within the chart."""
    if end is None:
        return round(100 * reach, 2)
    return round(100 * min(max(end, -abs(reach)), abs(reach)), 2)


def _edge(x: Sequence[str], y: Sequence[float]) -> dict[str, Any]:
    line = {"width": 1, "color": "var(--quiet)", "dash": "dot"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def _bar(y: float, low: float, high: float) -> dict[str, Any]:
    """The interval of a single point, around which there is no band."""
    ends = {"array": [round(high - y, 2)], "arrayminus": [round(y - low, 2)]}
    look = {"color": "var(--quiet)", "thickness": 1.5, "width": 8}
    return {"type": "data", "symmetric": False, "visible": True, **ends, **look}


def _time(since: datetime, until: datetime) -> dict[str, Any]:
    """From the start on, with room for the last point."""
    end = max(until, since + SHORTEST)
    axis = {"type": "date", "range": [iso(since), iso(end + (end - since) / 30)], "nticks": 5, "tickangle": 0}
    return {**plain_layout()["xaxis"], **axis, "fixedrange": True}


def _layout(reach: float, margin: float, unit: str) -> dict[str, Any]:
    layout = plain_layout()
    layout["margin"] = {"l": 64, "r": 12, "t": 6, "b": 36}
    hundredths = round(100 * reach, 2)
    layout["yaxis"] |= {"range": [-hundredths, hundredths], "fixedrange": True, "title": {"text": unit}}
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1}
    none = {"width": 1.5, "color": "var(--text)"}
    edge = {"width": 1, "color": "var(--accent)", "dash": "dash"}
    ends = [{**across, "y0": 100 * end, "y1": 100 * end, "line": edge} for end in (-margin, margin) if margin]
    layout["shapes"] = [{**across, "y0": 0, "y1": 0, "line": none}, *ends]
    return layout
