"""The overview: is anything wrong, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import charts, edits, engine, figures, numbers, periods, queries, rows, tables, verdict
from dashboard.naming import MORE, MORE_CALLERS, Named
from dashboard.periods import Window
from dashboard.selection import CHOICES, Selection
from dashboard.states import DEGRADED, RUNGS
from dashboard.views.access import SEE_CALLS, needs
from dashboard.views.chrome import chrome
from telemetry import beats
from telemetry.alerts import faults, reach
from telemetry.alerts.faults import Fault
from telemetry.alerts.incidents import IncidentView, open_incidents
from telemetry.beats import Beat
from telemetry.models import Span
from telemetry.semconv import UNKNOWN_TOOL
from telemetry.tally import Tally

TEMPLATE = "dashboard/overview.html"
PARTS = (
    "pulse",
    "verdict",
    "tiles",
    "success-figure",
    "incidents",
    "tools",
    "providers",
    "failures-figure",
    "newest",
    "cache",
)
NEWEST = 12
EDITS = 5


@dataclass(frozen=True, slots=True)
class NewestRow:
    """A call with the one thing worth saying about it."""

    span: Span
    caller: str
    detail: str


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    selection = Selection.from_query(request.GET.dict())
    now = timezone.now()
    return render(request, TEMPLATE, {**chrome("overview", selection), **context(selection, now), "charts": True})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that the page and its pushes show of *selection*. A fixed number of queries."""
    read = _read(selection, now)
    window, whole, names = read.window, Tally.sum(read.points.values()), read.names
    totals = rows.with_rest(rows.totals_by_tool(read.by_caller), MORE, names.more_tools, whole)
    recent = rows.totals_by_tool(read.recent)
    tools = rows.tool_rows(selection, totals, recent, read.engine.tools if not selection.filters else ())
    firing = {incident.tool for incident in read.incidents}
    tools = [
        replace(row, state=DEGRADED, because="an incident is open") if row.name in firing else row for row in tools
    ]
    # Calls of tools that do not exist, or that have no row, are no tool's line and no reason to worry about one.
    states = {row.name: row.state for row in tools if row.tally.calls}
    callers = rows.with_rest(rows.totals_by_provider(read.by_caller), MORE_CALLERS, names.more_callers, whole)
    providers = rows.provider_rows(selection, callers, rows.totals_by_provider(read.recent))
    # Fewer calls make no point.
    drawn = {tool: state for tool, state in states.items() if totals[tool].judged >= charts.LEAST_CALLS}
    lines = charts.success_lines(window, read.grid, drawn)
    known = (read.incidents, read.edits, verdict.blindness(read.judged), read.faults)
    scene = verdict.Scene(window, read.grid, states, totals, read.recent, *known)
    return {
        "now": now,
        "selection": selection,
        "verdict": verdict.judge(scene),
        "tiles": rows.tiles(window, selection, read.points, totals, read.dated_back),
        "incidents": read.incidents,
        "untold": reach.gap(),
        "edits": read.edits[: -EDITS - 1 : -1],
        "last_incident": read.last_incident,
        "success_figure": charts.success_by_tool(window, lines, drawn, read.shades, edits.marks(read.edits)),
        "success_table": tables.success(window, lines),
        "tools": tools,
        "more_tools": rows.more_row(selection, names.more_tools, totals, MORE),
        "nameless": totals.get(UNKNOWN_TOOL),
        "nameless_query": selection.calls(tool=UNKNOWN_TOOL),
        "breakers": read.engine.breakers,
        "errors": queries.last_errors(window, selection.counted, names),
        "providers": providers,
        "more_providers": rows.more_row(selection, names.more_callers, callers, MORE_CALLERS),
        "providers_figure": charts.providers([(row.name, row.tally, row.state) for row in providers]),
        "failures_figure": charts.failures(window, read.points),
        "failed_layers": tables.failed_layers(selection, totals),
        "newest": _newest(queries.newest_calls(window, selection.counted, NEWEST)),
        "cache": tables.cache(read.engine.cache, selection),
        "valkey_away_since": read.engine.degraded_since,
        **_words(selection, window),
    }


@dataclass(frozen=True, slots=True)
class _Read:
    """What the database and the engine said."""

    window: Window
    names: Named
    grid: charts.Grid
    points: Mapping[datetime, Tally]
    dated_back: int
    by_caller: verdict.ByCaller
    recent: verdict.ByCaller
    incidents: Sequence[IncidentView]
    last_incident: datetime | None
    shades: Sequence[figures.Shade]
    edits: Sequence[edits.Edit]
    engine: engine.Engine
    judged: Beat | None
    faults: Sequence[Fault]


def _read(selection: Selection, now: datetime) -> _Read:
    window = queries.observed(selection.period, now)
    shown = [view for view in open_incidents(now) if selection.tool in ("", view.tool)]
    past = queries.incident_stretches(window, selection.tool)
    names = queries.names(window, selection.counted)
    return _Read(
        window=window,
        names=names,
        grid=queries.tallies_by_bin_and_tool(window, selection.counted, names),
        points=queries.tallies_by_bin(window, selection.counted),
        dated_back=queries.calls_dated_back(window, selection.counted),
        by_caller=queries.tallies_by_caller(window, selection.counted, names),
        recent=queries.tallies_by_caller(periods.RECENT.window(now), selection.counted, names),
        incidents=shown,
        last_incident=queries.last_incident_ended() if not shown else None,
        shades=[figures.Shade(began, ended or window.end) for began, ended in past],
        edits=edits.edits_in(window, selection.tool),
        engine=engine.look(),
        judged=beats.last().get(beats.JUDGING),
        faults=faults.current(),
    )


def _words(selection: Selection, window: Window) -> dict[str, Any]:
    """What stands in headings and legends."""
    return {
        "chips": [
            {"name": name.replace("_", " "), "value": value, "query": selection.without(name).query()}
            for name, value in selection.filters.items()
        ],
        "over": window.words,
        "scope": rows.scope_words(selection),
        "rungs": [(rung, word) for rung, word, _ in RUNGS],
        "point_words": numbers.span_words(window.period.bin_s),
        "bar_words": numbers.span_words(charts.bar_seconds(window)),
        "whose": [
            {
                "label": label,
                "current": selection.calls_of == calls,
                "query": replace(selection, calls_of=calls).query(),
            }
            for calls, label in CHOICES.items()
        ],
        "public_url": settings.PUBLIC_URL,
    }


def _newest(spans: Sequence[Span]) -> list[NewestRow]:
    # Not what they returned: the page is drawn once for all who watch it, and not all may see payloads.
    return [
        NewestRow(span, rows.caller_name(span.provider, span.model), span.error_message or span.error_type)
        for span in spans
    ]
