"""The reads behind the pages. Each function is one query unless it says more, whatever the number of rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import DateTimeField, DurationField, Func, Max, Min, Q, Sum, Value

from dashboard import naming
from dashboard.naming import Named
from dashboard.periods import Period, Window
from telemetry import observing, rollup_sql
from telemetry.alerts.models import Delivery, Incident, IncidentEvent
from telemetry.models import Rollup, Span, ToolRollup
from telemetry.querysets import ALL_CALLS, RollupQuerySet, SpanQuerySet, ToolRollupQuerySet
from telemetry.tally import Tally

# How far back the last error of a tool is looked for; one older than this explains nothing that is seen now.
LAST_ERROR_LOOKBACK = timedelta(hours=24)
# The newest calls are looked for among those that began in the last hour.
NEWEST_LOOKBACK = timedelta(hours=1)
FINEST_S = 10
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def observed(period: Period, now: datetime) -> Window:
    """The window of *period*, and when recording began if that is within it. One query, then one more."""
    first = observing.beginning(period.resolution_s, now)
    if first is None:
        return period.window(now)
    window = period.window(now, first.at, dated_back=first.dated_back)
    step = timedelta(seconds=first.within_s)
    if first.at + step <= window.start or first.within_s == FINEST_S:
        return window
    fine = Rollup.objects.at(FINEST_S).between(first.at, first.at + step).aggregate(first=Min("bucket"))["first"]
    return period.window(now, fine or first.at, dated_back=first.dated_back)


def calls_dated_back(window: Window, filters: Mapping[str, str]) -> int:
    """Calls of the period from before anything was observed. One query; none if there are none."""
    if not window.dated_back:
        return 0
    rows = Rollup.objects.spanning(window.start, window.observed_from).where(**filters)
    return int(rows.aggregate(calls=Sum(ALL_CALLS))["calls"] or 0)


def names(window: Window, filters: Mapping[str, str]) -> Named:
    """What of the period's calls has a row of its own. Two queries."""
    return naming.named(Rollup.objects.spanning(window.start, window.end).where(**filters))


def tallies_by_bin_and_tool(
    window: Window, filters: Mapping[str, str], shown: Named
) -> dict[datetime, dict[str, Tally]]:
    """The calls of each point in time of the tools *shown*, by tool; without their latencies."""
    grid: dict[datetime, dict[str, Tally]] = {}
    rows, point = _points(window, filters)
    column = "tool" if isinstance(rows, ToolRollupQuerySet) else "series__tool"
    rows = rows.filter(**{f"{column}__in": sorted(shown.tools)})
    for (start, tool), tally in rows.tallies(point, "tool", durations=False).items():
        grid.setdefault(start, {})[tool] = tally
    return grid


def tallies_by_bin(window: Window, filters: Mapping[str, str]) -> dict[datetime, Tally]:
    """The calls of each point in time, of all tools together."""
    rows, point = _points(window, filters)
    return {start: tally for (start,), tally in rows.tallies(point).items()}


def tallies_by_caller(
    window: Window, filters: Mapping[str, str], shown: Named
) -> dict[tuple[str, str, str], Tally]:
    """The calls of the period by tool, provider and model of the caller's context.

    Of what is *shown*: a call of such a tool by another caller has MORE for its caller, and the other way round.
    """
    rows = Rollup.objects.spanning(window.start, window.end).where(**filters).filter(naming.has_a_row(shown))
    rows = rows.annotate(shown=naming.tool_of(shown), caller=naming.caller_of(shown))
    return {
        (tool, *naming.caller_from(caller)): tally
        for (tool, caller), tally in rows.tallies("shown", "caller").items()
    }


def last_errors(window: Window, filters: Mapping[str, str], shown: Named) -> dict[str, Span]:
    """The newest failed call of each tool *shown*, of a day at most; three queries, one without failures.

    Rollups tell the hour, then the minute in which each tool last failed: only those are searched.
    """
    start, end = max(window.start, window.now - LAST_ERROR_LOOKBACK), window.end
    hours = _last_failures(3600, [Q(bucket__gt=start - HOUR, bucket__lt=end)], filters, shown)
    within = [
        Q(series__tool=tool, bucket__gte=hour, bucket__gt=start - MINUTE, bucket__lt=min(hour + HOUR, end))
        for tool, hour in hours.items()
    ]
    minutes = _last_failures(60, within, filters, shown)
    if not minutes:
        return {}
    near = [
        Q(series__tool=tool, start_time__gte=minute, start_time__lt=minute + MINUTE)
        for tool, minute in minutes.items()
    ]
    failed = _calls(start, end, filters).failed().filter(reduce(or_, near))
    newest = failed.order_by("series__tool", "-start_time").distinct("series__tool")
    return {span.tool: span for span in newest.in_brief()}


def _last_failures(
    resolution_s: int, within: Sequence[Q], filters: Mapping[str, str], shown: Named
) -> dict[str, datetime]:
    """The last bucket *within* in which each tool failed; no query for nothing to look in."""
    if not within:
        return {}
    rows = Rollup.objects.at(resolution_s).filter(reduce(or_, within), series__tool__in=sorted(shown.tools))
    rows = rows.where(**filters).with_failures()
    return dict(rows.order_by().values_list("series__tool").annotate(last=Max("bucket")))


def newest_calls(window: Window, filters: Mapping[str, str], count: int) -> list[Span]:
    """The newest calls first, the last hour's at most."""
    start = max(window.start, window.now - NEWEST_LOOKBACK)
    return list(_calls(start, window.end, filters).newest(count))


def incident_stretches(window: Window, tool: str = "") -> list[tuple[datetime, datetime | None]]:
    """When incidents were open in the period: (from, to), the end None while one is."""
    reaching_in = Q(resolved_at=None) | Q(resolved_at__gte=window.start)
    found = Incident.objects.filter(reaching_in, began_at__lt=window.end)
    if tool:
        found = found.filter(tool=tool)
    return list(found.order_by("began_at").values_list("began_at", "resolved_at"))


def last_incident_ended() -> datetime | None:
    """When the newest ended incident ended; None if there never was one."""
    ended: datetime | None = Incident.objects.aggregate(ended=Max("resolved_at"))["ended"]
    return ended


def timeline(incident_pk: int) -> list[IncidentEvent]:
    return list(IncidentEvent.objects.filter(incident=incident_pk).order_by("at", "pk"))


def deliveries(incident_pk: int) -> list[Delivery]:
    """The tellings of an incident, oldest first."""
    return list(Delivery.objects.filter(incident=incident_pk).order_by("created_at", "pk"))


def _points(window: Window, filters: Mapping[str, str]) -> tuple[RollupQuerySet | ToolRollupQuerySet, str]:
    """The rollups of the period's points, and what they call a point's start.

    There are rows by tool and origin alone, few and of a point's length; other filters need those of the series.
    """
    period = window.period
    if period.bin_s in rollup_sql.TOOLS.resolutions_s and filters.keys() <= {"tool", "calls"}:
        return ToolRollup.objects.at(period.bin_s).between(window.start, window.end).where(**filters), "bucket"
    rows = Rollup.objects.at(period.resolution_s).between(window.start, window.end).where(**filters)
    if period.bin_s == period.resolution_s:
        return rows, "bucket"
    binned = Func(
        Value(timedelta(seconds=period.bin_s), output_field=DurationField()),
        "bucket",
        Value(window.start, output_field=DateTimeField()),
        function="date_bin",
        output_field=DateTimeField(),
    )
    return rows.annotate(bin=binned), "bin"


def _calls(start: datetime, end: datetime, filters: Mapping[str, str]) -> SpanQuerySet:
    return Span.objects.tool_calls().started_between(start, end).where(**filters)
