"""Cost over time, and the same as a table. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dashboard.addresses.periods import EPOCH, Window
from dashboard.charts.figure_parts import Figure, bar_seconds, iso, time_layout
from dashboard.pages.costs.queries import Rest, Spent
from dashboard.pages.costs.tables import Model, colours_of
from dashboard.wording import formats
from dashboard.wording.formats import caller_name

OTHERS = "other models"
Grid = Mapping[tuple[datetime, str, str], Spent]


def bars_of(window: Window) -> list[datetime]:
    """The start of each bar, oldest first; bars are counted from the start of the period."""
    bins = list(window.bins())
    return bins[:: bar_seconds(window) // window.period.bin_s]


def cost_by_model(window: Window, grid: Grid, models: Mapping[Model, Spent]) -> Figure:
    """Cost over time, stacked by model: the dearest in a colour of their own, the rest together."""
    step_s = bar_seconds(window)
    layout = time_layout(window, right=12)
    layout |= {"barmode": "stack", "bargap": 0.15}
    layout["yaxis"] |= {"rangemode": "tozero", "fixedrange": True, "tickprefix": "$", "nticks": 5}
    middle = datetime.fromtimestamp(window.start.timestamp() + step_s / 2, EPOCH.tzinfo)
    data = [
        {
            "type": "bar",
            "name": name,
            "x0": iso(middle),
            "dx": step_s * 1000,
            "y": [float(usd) for usd in costs],
            "customdata": [formats.usd(usd) for usd in costs],
            "marker": {"color": colour},
            "hovertemplate": "%{customdata} · " + name + "<extra></extra>",
        }
        for name, colour, costs in series(bars_of(window), grid, models)
    ]
    return {"data": data, "layout": layout}


def series(
    bars: Sequence[datetime], grid: Grid, models: Mapping[Model, Spent]
) -> list[tuple[str, str, list[Decimal]]]:
    """Name, colour and the cost of each bar, of each coloured model and of the others together."""
    colours = colours_of(models)
    sums = {number: dict.fromkeys(bars, Decimal(0)) for number in (*colours.values(), 0)}
    for (bar, provider, model), spent in grid.items():
        costs = sums[colours.get((provider, model), 0)]
        if bar in costs:
            costs[bar] += spent.usd
    names = {number: caller_name(*model) for model, number in colours.items()} | {0: OTHERS}
    return [
        (names[number], f"var(--model-{number})", list(costs.values()))
        for number, costs in sums.items()
        if any(costs.values())
    ]


def legend(models: Mapping[Model, Spent], rest: Rest) -> list[tuple[str, int]]:
    """The name of each colour of the chart, in its order."""
    colours = colours_of(models)
    others = rest.spent.usd or any(spent.usd for model, spent in models.items() if model not in colours)
    return [*((caller_name(*model), number) for model, number in colours.items()), *([(OTHERS, 0)] * bool(others))]


def cost_table(window: Window, grid: Grid) -> dict[str, Any]:
    """The cost of each bar that cost something, newest first."""
    sums = dict.fromkeys(bars_of(window), Decimal(0))
    for (bar, _, _), spent in grid.items():
        if bar in sums:
            sums[bar] += spent.usd
    return {
        "format": "j M H:i" if window.period.seconds > 86400 else "H:i:s",
        "rows": [(bar, formats.usd(usd)) for bar, usd in reversed(sums.items()) if usd],
    }
