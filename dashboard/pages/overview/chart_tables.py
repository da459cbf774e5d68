"""The tables behind the charts: the same numbers as words and figures. Pure."""

from collections.abc import Mapping
from typing import Any

from dashboard.addresses.periods import Window
from dashboard.addresses.selection import Selection
from dashboard.pages.overview.charts import LAYERS, Lines
from dashboard.pages.overview.tables import total_of
from dashboard.wording import formats
from telemetry.counts.outcome_counts import Tally

# Enough to read a development from; the chart has the rest.
ROWS = 15


def success(window: Window, lines: Lines) -> dict[str, Any]:
    """Success by tool, newest first, in evenly spaced rows; a cell states its number of calls."""
    bins = list(window.bins())
    tools = sorted(lines)
    step = max(1, len(bins) // ROWS)
    picked = range(len(bins) - 1, -1, -step)
    return {
        "tools": tools,
        "format": "j M H:i" if window.period.seconds > 86400 else "H:i:s" if window.period.bin_s < 60 else "H:i",
        "rows": [
            {"start": bins[index], "cells": [_cell(*lines[tool][index]) for tool in tools]} for index in picked
        ],
    }


def failed_layers(selection: Selection, totals: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """The layers that failed, most first, with their share of all failures."""
    total = total_of(totals)
    found = [
        {
            "name": name,
            "count": count,
            "share": count / total.failed,
            "query": selection.calls(outcome=str(outcome)),
        }
        for outcome, name, _ in LAYERS
        if (count := total.of(outcome))
    ]
    return sorted(found, key=lambda layer: -int(str(layer["count"])))


def cache(statistics: Mapping[str, Any] | None, selection: Selection) -> dict[str, Any] | None:
    """The cache's own counts, since they were last cleared, most hits first; None when it could not be asked."""
    if statistics is None:
        return None
    by_tool = [
        {"name": name, "query": selection.calls(tool=name, outcome="from_cache"), **counts}
        for name, counts in statistics["by_tool"].items()
    ]
    return {**statistics, "rows": sorted(by_tool, key=lambda row: -int(row["hits"]))}


def _cell(percent: float | None, n: int) -> str:
    return formats.NONE if percent is None else f"{formats.percent(percent / 100)} ({n:,})"
