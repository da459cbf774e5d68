"""Errors in groups: what fails, since when, for whom, and what was decided about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.addresses.links import signed
from dashboard.addresses.periods import Window
from dashboard.charts import figure_parts
from dashboard.charts.figure_parts import Mark
from dashboard.frame.access import DECIDE_ERRORS, SEE_CALLS, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.errors import charts, queries, tables
from dashboard.pages.errors.selection import SORTS, STATES, ErrorSelection
from dashboard.queries import edits, incident_history
from dashboard.wording.states import outcome_state
from telemetry.errors import deciding
from telemetry.errors.models import ErrorGroup

TEMPLATE = "dashboard/errors.html"
GROUP_TEMPLATE = "dashboard/error.html"
# For how long a group is ignored: a key in the form, its words, and the arguments of `deciding.ignore`.
IGNORED: Mapping[str, tuple[str, timedelta | None, int | None]] = {
    "": ("for good", None, None),
    "1d": ("for a day", timedelta(days=1), None),
    "7d": ("for a week", timedelta(days=7), None),
    "10": ("until 10 more", None, 10),
    "100": ("until 100 more", None, 100),
}
HOUR = timedelta(hours=1)


@require_GET
@needs(SEE_CALLS)
def index(request: HttpRequest) -> HttpResponse:
    """The groups that occurred in the period, by the state, tool, layer and order in the address. Five queries."""
    selection = ErrorSelection.from_query(request.GET.dict())
    window = selection.window(timezone.now())
    facets, (tools, more_tools) = queries.facets(window), queries.tools(window)
    found = queries.groups(selection, window)
    shown = found[: queries.MOST_GROUPS]
    context = {
        **chrome("errors", selection),
        "now": window.now,
        "rows": rows_of(shown, selection, window),
        "more": len(found) > len(shown),
        "step": tables.step_words(window),
        "sorts": SORTS.items(),
        "states": [(state, sum(n for key, n in facets.items() if state in (key[0], "any"))) for state in STATES],
        "tools": sorted({*tools, *filter(None, [selection.tool])}),
        "more_tools": more_tools,
        "layers": [
            (layer, outcome_state(layer).word) for layer in sorted({layer for _, layer in facets if layer})
        ],
        "filtered": bool(selection.filters or selection.layer),
    }
    return render(request, TEMPLATE, context)


def rows_of(groups: list[ErrorGroup], selection: ErrorSelection, window: Window) -> list[tables.Row]:
    """The rows of the list. Two queries, none for no groups."""
    if not groups:
        return []
    fingerprints = [group.fingerprint for group in groups]
    words = queries.words_of(selection)
    points = queries.over_time(fingerprints, window, **words)
    by_words: dict[int, dict[queries.Key, int]] = {fingerprint: {} for fingerprint in fingerprints}
    for (fingerprint, *key), count in queries.by_words(fingerprints, window, words["calls"]).items():
        by_words[fingerprint][tuple(key)] = count
    return [
        tables.row_of(group, points[group.fingerprint], by_words[group.fingerprint], window) for group in groups
    ]


@require_GET
@needs(SEE_CALLS)
def detail(request: HttpRequest, fingerprint: str) -> HttpResponse:
    """One group: its course, whom it meets, and its newest occurrences. Nine queries."""
    selection = ErrorSelection.from_query(request.GET.dict())
    group = found_group(fingerprint)
    window = selection.window(timezone.now())
    whose = selection.counted["calls"]
    words = {key[1:]: count for key, count in queries.by_words([group.fingerprint], window, whose).items()}
    calls = queries.calls_by_words(group.tool, window, whose) if group.tool else {}
    points = queries.over_time([group.fingerprint], window, calls=whose)[group.fingerprint]
    last_hour = queries.since(group.fingerprint, window.now - HOUR, whose)
    changes = edits.edits_in(window, group.tool) if group.tool else []
    context = {
        **chrome("errors", selection),
        **group_context(group, window.now),
        "sentence": tables.sentence(group, last_hour, words, window),
        "figure": charts.figure(window, points, shades(group, window), marks(group, changes, window)),
        "points": [(start, points[start]) for start in sorted(points, reverse=True)],
        "step": tables.step_words(window),
        "edits": changes[::-1],
        "breakdowns": [
            (label, tables.breakdown(words, calls, name, sum(points.values())))
            for name, label in tables.LABELS.items()
            if words
        ],
        "in_period": sum(points.values()),
        "wordings": tables.wordings(queries.messages(group.fingerprint, window)),
        "examples": queries.examples(group.fingerprint, window),
    }
    return render(request, GROUP_TEMPLATE, context)


@require_POST
@needs(DECIDE_ERRORS)
def decide(request: HttpRequest, fingerprint: str) -> HttpResponse:
    """Resolve, ignore or reopen the group, by the signed-in user; and keep what they say about it."""
    group = found_group(fingerprint)
    now = timezone.now()
    user: User = request.user  # type: ignore[assignment]  # nobody else gets here
    state = request.POST.get("state", "")
    if state == "resolved":
        deciding.resolve(group.pk, user, now)
    elif state == "ignored":
        _, length, more = IGNORED.get(request.POST.get("ignore", ""), IGNORED[""])
        deciding.ignore(group.pk, user, now, until=now + length if length else None, more=more)
    elif state == "open":
        deciding.reopen(group.pk, user, now)
    elif state != "comment":
        return HttpResponseBadRequest("state is one of resolved, ignored, open and comment.")
    if "comment" in request.POST:
        deciding.comment(group.pk, request.POST["comment"])
    if not getattr(request, "htmx", False):
        return redirect("error", fingerprint=fingerprint)
    return render(request, f"{GROUP_TEMPLATE}#decision", group_context(found_group(fingerprint), now))


def group_context(group: ErrorGroup, now: datetime) -> dict[str, Any]:
    """What the parts of the page that a decision changes want."""
    return {
        "now": now,
        "group": group,
        "state": tables.state_of(group, now),
        "layer": tables.layer_of(group),
        "ignore_choices": [(key, words) for key, (words, *_) in IGNORED.items()],
    }


def found_group(fingerprint: str) -> ErrorGroup:
    number = signed(fingerprint)
    group = queries.group(number) if number is not None else None
    if group is None:
        raise Http404(f"There is no group of errors {fingerprint}. Groups that nobody meets for long are dropped.")
    return group


def shades(group: ErrorGroup, window: Window) -> list[figure_parts.Shade]:
    """The incidents of the group's tool in the period; those of no tool have none."""
    past = incident_history.incident_stretches(window, group.tool) if group.tool else []
    return [figure_parts.Shade(began, ended or window.end) for began, ended in past]


def marks(group: ErrorGroup, changes: list[edits.Edit], window: Window) -> list[Mark]:
    """The edits of the period, and the moments when the group was resolved and came back."""
    own = [(group.resolved_at, "resolved"), (group.reopened_at, "open again")]
    told = [Mark(at, word) for at, word in own if at and window.start <= at < window.end]
    return [*figure_parts.edit_marks(changes), *told]
