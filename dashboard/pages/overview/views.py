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

from dashboard.addresses import periods
from dashboard.addresses.periods import Window
from dashboard.addresses.selection import CHOICES, Selection
from dashboard.charts import figure_parts
from dashboard.charts.figure_parts import edit_marks
from dashboard.frame.access import SEE_CALLS, needs
from dashboard.frame.chrome import chips, chrome
from dashboard.pages.overview import chart_tables, charts, health_verdict, recovery, tables, tiles
from dashboard.queries import call_counts, calls, edits, engine, experiment_moves, incident_history, prompt_moves
from dashboard.queries.top_names import MORE, MORE_CALLERS, Named
from dashboard.wording import formats
from dashboard.wording.states import DEGRADED, RUNGS
from telemetry.alerts import faults, reach
from telemetry.alerts.faults import Fault
from telemetry.alerts.incidents import IncidentView, open_incidents
from telemetry.counts.outcome_counts import Tally
from telemetry.health import model_moves
from telemetry.health.model_moves import Moves
from telemetry.models import Span
from telemetry.process import heartbeats
from telemetry.process.heartbeats import Beat
from telemetry.semconv import UNKNOWN_TOOL

TEMPLATE = "dashboard/overview.html"
PARTS = (
    "pulse",
    "verdict",
    "tiles",
    "success-figure",
    "recovery-figure",
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
    totals = tables.with_rest(tables.totals_by_tool(read.by_caller), MORE, names.more_tools, whole)
    recent = tables.totals_by_tool(read.recent)
    tools = tables.tool_rows(selection, totals, recent, read.engine.tools if not selection.filters else ())
    firing = {incident.tool for incident in read.incidents}
    tools = [
        replace(row, state=DEGRADED, because="an incident is open") if row.name in firing else row for row in tools
    ]
    # Calls of tools that do not exist, or that have no row, are no tool's line and no reason to worry about one.
    states = {row.name: row.state for row in tools if row.tally.calls}
    callers = tables.with_rest(tables.totals_by_provider(read.by_caller), MORE_CALLERS, names.more_callers, whole)
    providers = tables.provider_rows(selection, callers, tables.totals_by_provider(read.recent))
    # Fewer calls make no point.
    drawn = {tool: state for tool, state in states.items() if totals[tool].judged >= charts.LEAST_CALLS}
    lines = charts.success_lines(window, read.grid, drawn)
    known = (read.incidents, read.edits, health_verdict.blindness(read.judged), read.faults)
    scene = health_verdict.Scene(window, read.grid, states, totals, read.recent, *known)
    return {
        "now": now,
        "selection": selection,
        "verdict": health_verdict.judge(scene),
        "tiles": tiles.tiles(window, selection, read.points, totals, read.dated_back),
        "incidents": read.incidents,
        "untold": reach.gap(),
        "edits": read.edits[: -EDITS - 1 : -1],
        "last_incident": read.last_incident,
        "success_figure": charts.success_by_tool(window, lines, drawn, read.shades, edit_marks(read.edits)),
        "success_table": chart_tables.success(window, lines),
        **_recovery(read),
        "tools": tools,
        "more_tools": tables.more_row(selection, names.more_tools, totals, MORE),
        "nameless": totals.get(UNKNOWN_TOOL),
        "nameless_query": selection.calls(tool=UNKNOWN_TOOL),
        "breakers": read.engine.breakers,
        "errors": calls.last_errors(window, selection.counted, names),
        "providers": providers,
        "more_providers": tables.more_row(selection, names.more_callers, callers, MORE_CALLERS),
        "providers_figure": charts.providers([(row.name, row.tally, row.state) for row in providers]),
        "failures_figure": charts.failures(window, read.points),
        "failed_layers": chart_tables.failed_layers(selection, totals),
        "newest": _newest(calls.newest_calls(window, selection.counted, NEWEST)),
        **_cache(read.engine, selection),
        **_words(selection, window),
    }


def _cache(read: engine.Engine, selection: Selection) -> dict[str, Any]:
    return {"cache": chart_tables.cache(read.cache, selection), "valkey_away_since": read.degraded_since}


@dataclass(frozen=True, slots=True)
class _Read:
    """What the database and the engine said."""

    window: Window
    names: Named
    grid: call_counts.Grid
    points: Mapping[datetime, Tally]
    dated_back: int
    by_caller: health_verdict.ByCaller
    recent: health_verdict.ByCaller
    incidents: Sequence[IncidentView]
    last_incident: datetime | None
    shades: Sequence[figure_parts.Shade]
    edits: Sequence[edits.Edit]
    moves: Sequence[prompt_moves.PromptMove]
    models: Moves | None
    engine: engine.Engine
    judged: Beat | None
    faults: Sequence[Fault]


def _read(selection: Selection, now: datetime) -> _Read:
    window = call_counts.observed(selection.period, now)
    shown = [view for view in open_incidents(now) if selection.tool in ("", view.tool)]
    past = incident_history.incident_stretches(window, selection.tool)
    names = call_counts.names(window, selection.counted)
    return _Read(
        window=window,
        names=names,
        grid=call_counts.tallies_by_bin_and_tool(window, selection.counted, names),
        points=call_counts.tallies_by_bin(window, selection.counted),
        dated_back=call_counts.calls_dated_back(window, selection.counted),
        by_caller=call_counts.tallies_by_caller(window, selection.counted, names),
        recent=call_counts.tallies_by_caller(periods.RECENT.window(now), selection.counted, names),
        incidents=shown,
        last_incident=incident_history.last_incident_ended() if not shown else None,
        shades=[figure_parts.Shade(began, ended or window.end) for began, ended in past],
        edits=edits.edits_in(window, selection.tool),
        moves=[*prompt_moves.moves_in(window), *experiment_moves.moves_in(window)],
        models=model_moves.moves_in(window.start, window.end),
        engine=engine.look(),
        judged=heartbeats.last().get(heartbeats.JUDGING),
        faults=faults.current(),
    )


def _recovery(read: _Read) -> dict[str, Any]:
    moved = read.models.moves if read.models else ()
    found = recovery.deeds(read.window, read.grid, read.moves, read.edits, moved)
    return recovery.shown(read.window, found, read.models)


def _words(selection: Selection, window: Window) -> dict[str, Any]:
    """What stands in headings and legends."""
    return {
        "chips": chips(selection),
        "over": window.words,
        "scope": tiles.scope_words(selection),
        "rungs": [(rung, word) for rung, word, _ in RUNGS],
        "point_words": formats.span_words(window.period.bin_s),
        "bar_words": formats.span_words(figure_parts.bar_seconds(window)),
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
        NewestRow(span, formats.caller_name(span.provider, span.model), span.error_message or span.error_type)
        for span in spans
    ]
