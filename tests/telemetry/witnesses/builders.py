"""Spans that tell of one call, as the packages of 2026 make them, and all that is counted of what is stored."""

import uuid
from collections import Counter
from dataclasses import fields
from datetime import timedelta

from telemetry import semconv
from telemetry.counts.rollup_columns import OUTCOME_COLUMNS
from telemetry.errors import rebuild
from telemetry.errors.models import ErrorCount, ErrorGroup, Violation
from telemetry.models import EndedCalls, Rollup, Span, ToolRollup
from telemetry.rollups import rebuild as rollups
from telemetry.spans.rows import SeriesKey
from telemetry.spans.tool_names import Named
from tests.telemetry.builders import NOON, make_row

TRACE = uuid.UUID(int=0xC0FFEE)
DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
FAILED = {"outcome": "returned_failure", "status": 2, "error_type": "tool_error"}
BAD_ARGUMENTS = {
    **{
        "outcome": "arguments",
        "status": 2,
        "error_type": "-32602",
        "error_message": "'id' is a required property",
    },
    "attributes": {semconv.VIOLATIONS: ["id: missing"]},
}


def witness(span_id, parent=None, *, after_ms=0, **changes):
    values = {
        **{"trace_id": TRACE, "span_id": span_id, "parent_span_id": parent, "tool": "explode"},
        **{"start_time": NOON + timedelta(milliseconds=after_ms), "origin": "reported", "api_key": "agents"},
    }
    return make_row(**values | changes)


def outer(span_id=1, parent=None, **changes):
    """The framework's execute_tool span."""
    return witness(span_id, parent, **{"agent": "coach", "model": "gpt-4o"} | changes)


def client(span_id=2, parent=1, **changes):
    """As mcp 2.3.0 makes it: no attribute names the tool, and no failed result is an error."""
    said = {"mcp": True, "kind": 3, "named": Named.BY_ITS_NAME, "own_name": "MCP send tools/call explode"}
    return witness(span_id, parent, **said | {"after_ms": 1, "duration_ms": 9.0, "service": "agent"} | changes)


def server(span_id=3, parent=2, **changes):
    said = {"mcp": True, "kind": 2, "own_name": "tools/call explode", "service": "mcp"}
    return witness(span_id, parent, **said | {"after_ms": 2, "duration_ms": 5.0} | changes)


def step(span_id, parent=None, **changes):
    """A span that is no call, as HTTP's are."""
    return witness(span_id, parent, **{"outcome": "", "operation": "", "tool": "", "own_name": "POST"} | changes)


def stored():
    """(operation, outcome) of each span, by its id."""
    return {span.span_id: (span.operation, span.outcome) for span in Span.objects.filter(trace_id=TRACE)}


def counted():
    """Tool calls by outcome, by tool: of the last day, as pages and rules have them; both say the same."""
    columns = list(OUTCOME_COLUMNS)
    by_tool = Counter()
    for row in ToolRollup.objects.filter(resolution_s=3600):
        by_tool.update({(row.tool, name): getattr(row, name) for name in columns if getattr(row, name)})
    ended = Counter()
    for row in EndedCalls.objects.filter(resolution_s=60).select_related("series"):
        ended.update({(row.series.tool, name): getattr(row, name) for name in columns if getattr(row, name)})
    assert by_tool == ended
    return dict(by_tool)


def nothing_differs():
    """Whether a rebuild would find all as it is."""
    return not rollups.differences(*DAY) and not rebuild.differences(*DAY)


def everything():
    """All that is stored and counted, without what depends on when it came: ids of series, moments of storing."""
    spans = {
        span.span_id: (words_of(span.series), span.name, span.outcome, span.fingerprint, span.status)
        for span in Span.objects.select_related("series")
    }
    ended = Counter()
    for row in EndedCalls.objects.select_related("series"):
        key = (row.resolution_s, row.ended_at, words_of(row.series))
        ended.update({(*key, name): getattr(row, name) for name in OUTCOME_COLUMNS if getattr(row, name)})
    groups = {
        group.pk: (group.count, group.tool, group.name, group.layer, group.error_type, group.message)
        for group in ErrorGroup.objects.all()
    }
    return {
        "spans": spans,
        "ended": dict(ended),
        "groups": groups,
        **{model.__name__: rows_of(model) for model in (Rollup, ToolRollup, ErrorCount, Violation)},
    }


# A row's shortest and longest may still be those of a call that was taken out of it: a rebuild looks after them.
WITHOUT = ("series_id", "pk", "duration_min_ms", "duration_max_ms")


def rows_of(model):
    columns = [field.attname for field in model._meta.concrete_fields if field.attname not in WITHOUT]
    by_series = any(field.name == "series" for field in model._meta.fields)
    rows = model.objects.select_related("series") if by_series else model.objects.all()
    return Counter(
        (words_of(row.series) if by_series else None, *(_plain(getattr(row, name)) for name in columns))
        for row in rows
    )


def words_of(series):
    return tuple(getattr(series, name) for name in SeriesKey._fields)


def _plain(value):
    return tuple(value) if isinstance(value, list) else value


def copy_of(row):
    """*row* as it was sent: storing changes rows."""
    return type(row)(**{field.name: getattr(row, field.name) for field in fields(row)})
