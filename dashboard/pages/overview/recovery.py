"""What was done where calls failed: by breakers, limits, fallbacks and prompts; what, when and why. Pure."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dashboard.addresses.periods import Window
from dashboard.charts.figure_parts import Figure, iso, time_layout
from dashboard.pages.overview.charts import LAYERS
from dashboard.queries.call_counts import Grid
from dashboard.queries.edits import Edit
from dashboard.queries.prompt_moves import PromptMove
from dashboard.wording import formats
from telemetry.counts.outcome_counts import Tally
from telemetry.health.model_moves import Move, Moves
from telemetry.semconv import Outcome

BREAKER, LIMIT, FALLBACK, PROMPT = "breaker", "limit", "fallback", "prompt"
# How a call ends that one of them saw to, what it did to it, and the colour of its lane.
BY_OUTCOME: Mapping[Outcome, tuple[str, str]] = {
    Outcome.BREAKER: (BREAKER, "refused"),
    Outcome.RATE_LIMIT: (LIMIT, "refused"),
    Outcome.AFTER_FALLBACK: (FALLBACK, "saved"),
}
COLOURS = {
    BREAKER: "var(--layer-breaker)",
    LIMIT: "var(--quiet)",
    FALLBACK: "var(--good)",
    PROMPT: "var(--accent)",
}
LANES = (PROMPT, FALLBACK, LIMIT, BREAKER)  # from below
# How edits say that an admin has a breaker in hand.
HELD = "held"
# What opens a breaker.
BREAKING = (Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.TOOL_BUG)
# A breaker opens for what came before: so many points of the chart are looked at.
LOOKED_BACK = 5
MOST_ROWS = 40
LEFT_PX, LANE_PX = 48, 26


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done, from *begin* to *end*; at one moment where both are the same."""

    begin: datetime
    end: datetime
    lane: str
    what: str
    did: str
    why: str
    simpler: bool | None = None  # of a prompt: whether it went down its ladder
    trace: UUID | None = None  # of a model's fallback: one that tells of it


def deeds(
    window: Window,
    grid: Grid,
    moves: Iterable[PromptMove],
    edits: Sequence[Edit] = (),
    models: Sequence[Move] = (),
) -> list[Deed]:
    """All of a period, the newest first.

    *grid* has tools' calls by point in time; *edits* come the oldest first, *models*, which went on to another
    deployment, the newest first.
    """
    bins = list(window.bins())
    tools = sorted({tool for tallies in grid.values() for tool in tallies})
    found = [deed for tool in tools for deed in _of_tool(window, bins, grid, tool, edits)]
    found += [Deed(move.at, move.at, PROMPT, move.what, move.did, move.why, move.simpler) for move in moves]
    found += of_models(window, bins, models)
    return sorted(found, key=lambda deed: deed.begin, reverse=True)


def of_models(window: Window, bins: Sequence[datetime], models: Sequence[Move]) -> list[Deed]:
    """Fall-backs of models, by who was asked instead of whom: a deed for each stretch of points with some."""
    ways: dict[tuple[str, str, str], list[Move]] = {}
    for move in models:
        ways.setdefault((move.before, move.after, move.route), []).append(move)
    length, found = timedelta(seconds=window.period.bin_s), []
    for (before, after, route), moves in ways.items():
        places = [bisect_right(bins, move.at) - 1 for move in moves]
        counts = Counter(places)
        for first, last in stretches([counts[place] for place in range(len(bins))]):
            of_it = [move for move, place in zip(moves, places, strict=True) if first <= place <= last]
            why: Counter[str] = Counter()
            for move in of_it:
                why[move.why] += move.weight
            asked = f"{after} asked instead, {why.total():,} {'time' if why.total() == 1 else 'times'}"
            end = min(bins[last] + length, window.end)
            what = f"{before} on {route}" if route else before
            found.append(Deed(bins[first], end, FALLBACK, what, asked, told(why), trace=of_it[0].trace_id))
    return found


def told(why: Counter[str]) -> str:
    """The reasons, the commonest first; with how often, where there are several."""
    if len(why) == 1:
        return next(iter(why))
    return ", ".join(f"{reason} ({count:,})" for reason, count in why.most_common(3))


def _of_tool(window: Window, bins: Sequence[datetime], grid: Grid, tool: str, edits: Sequence[Edit]) -> list[Deed]:
    tallies = [grid.get(start, {}).get(tool, Tally()) for start in bins]
    length = timedelta(seconds=window.period.bin_s)
    found = []
    for outcome, (lane, did) in BY_OUTCOME.items():
        for first, last in stretches([tally.of(outcome) for tally in tallies]):
            count = sum(tally.of(outcome) for tally in tallies[first : last + 1])
            end = min(bins[last] + length, window.end)
            held = held_by(tool, edits, end) if outcome is Outcome.BREAKER else ""
            why = held or reason(outcome, Tally.sum(tallies[max(0, first - LOOKED_BACK) : last + 1]))
            found.append(Deed(bins[first], end, lane, tool, f"{did} {formats.calls(count)}", why))
    return found


def stretches(counts: Sequence[int]) -> list[tuple[int, int]]:
    """The first and last place of each run of counts above 0; a single 0 does not end one."""
    found: list[tuple[int, int]] = []
    for place, count in enumerate(counts):
        if not count:
            continue
        if found and place - found[-1][1] <= 2:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def reason(outcome: Outcome, around: Tally) -> str:
    """Why it was done, as far as the calls *around* it tell."""
    if outcome is Outcome.RATE_LIMIT:
        return f"more calls than its limits let pass, of {formats.calls(around.calls)} then"
    if outcome is Outcome.AFTER_FALLBACK:
        return "the first choice failed, and the next one answered"
    failed = {name: around.of(layer) for layer, name, _ in LAYERS if layer in BREAKING}
    worst = max(failed, key=lambda name: failed[name])
    if not failed[worst]:
        return "what it opened for lies outside of this period"
    ran = around.judged - around.of(Outcome.BREAKER, Outcome.ARGUMENTS)
    return f"{worst}: {failed[worst]:,} of {formats.calls(ran)} that ran"


def held_by(tool: str, edits: Sequence[Edit], end: datetime) -> str:
    """The edit by which somebody had the breaker of *tool* in hand until *end*; '' where nobody had."""
    of_it = [edit for edit in edits if edit.tool == tool and edit.at < end and HELD in edit.change]
    return of_it[-1].text if of_it and f"→ {HELD}" in of_it[-1].change else ""


def shown(window: Window, found: Sequence[Deed], models: Moves | None) -> dict[str, Any]:
    """What the page has of them."""
    return {
        "recovery_figure": figure(window, found),
        "recovery": found[:MOST_ROWS],
        "recovery_more": max(0, len(found) - MOST_ROWS),
        "recovery_lacks": lacks(window, models),
    }


def lacks(window: Window, models: Moves | None) -> str:
    """What of the models' fall-backs is not shown, and why; '' where all is."""
    if models is None:
        return "Fall-backs of models could not be read in time: choose a shorter period."
    if models.since > window.start:
        return f"Fall-backs of models are shown since {models.since:%-d %b %H:%M:%S} UTC: so many were asked."
    return ""


def figure(window: Window, found: Sequence[Deed]) -> Figure:
    """A lane for each that did something, over the same time as the chart of success."""
    lanes = [lane for lane in LANES if any(deed.lane == lane for deed in found)]
    layout = time_layout(window, right=150)
    layout |= {"barmode": "overlay", "bargap": 0.35}
    layout["margin"] = {"l": LEFT_PX, "r": 150, "t": 2, "b": 4}
    layout["xaxis"] |= {"showticklabels": False, "showgrid": False}
    layout["yaxis"] |= {"type": "category", "categoryarray": lanes, "fixedrange": True, "showgrid": False}
    layout["yaxis"] |= {"showticklabels": False}
    layout["annotations"] = [_lane_name(lane) for lane in lanes]
    traces = [_trace(lane, [deed for deed in found if deed.lane == lane]) for lane in lanes]
    return {"data": traces, "layout": layout, "height": 12 + LANE_PX * len(lanes)}


def _lane_name(lane: str) -> dict[str, Any]:
    font = {"size": 11, "color": COLOURS[lane]}
    side = {"x": 1.005, "xref": "paper", "xanchor": "left"}
    return {"y": lane, "text": lane, "short": lane, "showarrow": False, "font": font, **side}


def _trace(lane: str, found: Sequence[Deed]) -> dict[str, Any]:
    told = [[deed.what, deed.did, deed.why] for deed in found]
    hover = "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>"
    common = {"name": lane, "customdata": told, "hovertemplate": hover, "y": [lane] * len(found)}
    if lane == PROMPT:
        symbols = {True: "triangle-down", False: "triangle-up", None: "diamond"}
        marker = {"color": COLOURS[lane], "size": 10, "symbol": [symbols[deed.simpler] for deed in found]}
        at = [iso(deed.begin) for deed in found]
        return {"type": "scatter", "mode": "markers", "x": at, "marker": marker, **common}
    return {
        "type": "bar",
        "orientation": "h",
        "base": [iso(deed.begin) for deed in found],
        "x": [(deed.end - deed.begin).total_seconds() * 1_000 for deed in found],
        "marker": {"color": COLOURS[lane]},
        **common,
    }
