"""The reads behind the map of argument errors."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import reverse

from dashboard.addresses.periods import Window
from dashboard.pages.errors.argument_map import Sides, read_calls
from dashboard.pages.errors.queries import Key
from dashboard.pages.errors.selection import ErrorSelection
from dashboard.queries.edits import Edit
from telemetry import semconv
from telemetry.counts.outcome_counts import Tally
from telemetry.errors.models import CountQuerySet, ErrorGroup, Violation
from telemetry.models import Rollup, Span, SpanPayload
from telemetry.models.rollups import RollupQuerySet
from telemetry.semconv import Outcome
from tools.models import Tool

DAY = timedelta(days=1)
# Of sums by words that senders can make up.
MOST_SUMS = 5_000
MOST_GROUPS, MOST_SPANS, MOST_SAMPLES, SAMPLE_CHARS = 50, 200, 3, 40


def violations(selection: ErrorSelection, window: Window) -> dict[Key, int]:
    """The commonest violations of the period by tool, model, prompt version, path and kind. One query."""
    rows = _violations(window).where(**selection.counted)
    return rows.sums("tool", "model", "prompt_version", "path", "kind", most=MOST_SUMS)


def calls(selection: ErrorSelection, window: Window) -> dict[Key, Tally]:
    """The calls of the period by tool, model and prompt version; where there are most. One query."""
    rows = _calls(window).where(**selection.counted)
    return rows.tallies("tool", "model", "prompt_version", durations=False, most=MOST_SUMS)


def sides(selection: ErrorSelection, window: Window, edits: Mapping[str, Edit]) -> Sides:
    """Violations and calls of the tools of *edits* before and after each. Two queries, none without edits.

    What was counted in the same minute or hour as the edit is on neither side.
    """
    if not edits:
        return Sides()
    side = _side(edits, window)
    broken = _violations(window).where(**selection.counted).annotate(side=side).filter(side__isnull=False)
    made = _calls(window).where(**selection.counted).annotate(side=side).filter(side__isnull=False)
    return Sides(
        edits=edits,
        violations={
            (tool, path, at): count for (tool, path, at), count in broken.sums("tool", "path", "side").items()
        },
        calls={
            (tool, at): read_calls(tally)
            for (tool, at), tally in made.tallies("tool", "side", durations=False).items()
        },
    )


def samples(tool: str, window: Window) -> dict[str, list[str]]:
    """Bad values that were sent to *tool* in the period, of a day at most, by path; redacted. Three queries."""
    met = ErrorGroup.objects.filter(tool=tool, layer=Outcome.ARGUMENTS, last_seen__gte=window.start)
    fingerprints = list(met.order_by("-last_seen").values_list("fingerprint", flat=True)[:MOST_GROUPS])
    start = max(window.start, window.now - DAY)
    spans = Span.objects.whole().filter(fingerprint__in=fingerprints, start_time__gte=start)
    newest = list(spans.order_by("-start_time")[:MOST_SPANS]) if fingerprints else []
    return bad_values(
        (span.attributes.get(semconv.VIOLATIONS), arguments) for span, arguments in _payloads(newest)
    )


def bad_values(calls: Iterable[tuple[Any, str]]) -> dict[str, list[str]]:
    """Values by the path that they broke, as JSON; *calls* are (violations, arguments as JSON). Pure."""
    found: dict[str, list[str]] = {}
    for broken, arguments in calls:
        try:
            payload = json.loads(arguments)
        except ValueError:
            continue  # cut, or no JSON
        for item in broken if isinstance(broken, list) else ():
            path, _, kind = str(item).rpartition(": ")
            known = found.setdefault(path, [])
            text = None if kind == "missing" else value_at(payload, path)
            if text and text not in known and len(known) < MOST_SAMPLES:
                known.append(text)
    return found


def value_at(payload: Any, path: str) -> str | None:
    """The value at *path*, shortened; None where there is none, or in a list, of which any item may be meant."""
    for part in path.split("."):
        if not isinstance(payload, dict) or part not in payload:
            return None
        payload = payload[part]
    text = json.dumps(payload, ensure_ascii=False)
    return text if len(text) <= SAMPLE_CHARS else text[: SAMPLE_CHARS - 1] + "…"


def description_urls(tools: Iterable[str]) -> dict[str, str]:
    """Where an admin edits the description of each of *tools*. One query."""
    names = list(tools)
    known = dict(Tool.objects.filter(name__in=names).values_list("name", "pk"))
    listed = reverse("admin:tools_tool_changelist")
    return {
        name: f"{reverse('admin:tools_tool_change', args=[known[name]])}#id_description"
        if name in known
        else f"{listed}?q={name}"
        for name in names
    }


def _payloads(spans: list[Span]) -> Iterable[tuple[Span, str]]:
    if not spans:
        return []
    found = SpanPayload.objects.filter(
        start_time__gte=spans[-1].start_time,
        start_time__lte=spans[0].start_time,
        span_id__in=[span.span_id for span in spans],
    )
    arguments = {
        (trace, span): text for trace, span, text in found.values_list("trace_id", "span_id", "arguments")
    }
    return [(span, arguments.get((span.trace_id, span.span_id), "")) for span in spans]


def _side(edits: Mapping[str, Edit], window: Window) -> Case:
    """0 for a bucket that ended before the edit of its tool, 1 for one that began after it, else null."""
    step = timedelta(seconds=window.period.resolution_s)
    whens = [
        When(Q(series__tool=tool) & condition, then=Value(side))
        for tool, edit in edits.items()
        for side, condition in ((1, Q(bucket__gte=edit.at)), (0, Q(bucket__lte=edit.at - step)))
    ]
    return Case(*whens, default=None, output_field=IntegerField())


def _violations(window: Window) -> CountQuerySet:
    return Violation.objects.at(window.period.resolution_s).between(window.start, window.end)


def _calls(window: Window) -> RollupQuerySet:
    return Rollup.objects.at(window.period.resolution_s).between(window.start, window.end)
