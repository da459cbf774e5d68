"""The calls of a period, counted: by time, tool and caller. Each function is one query unless it says more."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import DateTimeField, DurationField, Func, Min, Sum, Value

from dashboard.addresses.periods import Period, Window
from dashboard.queries import top_names
from dashboard.queries.top_names import Named
from telemetry.counts.outcome_counts import Tally
from telemetry.counts.rollup_columns import ALL_CALLS
from telemetry.health import observed_since
from telemetry.models import EndedCalls, Rollup, ToolRollup
from telemetry.models.rollups import RollupQuerySet, ToolRollupQuerySet
from telemetry.rollups import ended_sql, rollup_sql

FINEST_S = 10
# The calls of each point in time, by tool.
Grid = Mapping[datetime, Mapping[str, Tally]]


def observed(period: Period, now: datetime) -> Window:
    """The window of *period*, and when recording began if that is within it. One query, then two more."""
    first = observed_since.beginning(period.resolution_s, now)
    if first is None:
        return period.window(now)
    window = period.window(now, first.at, dated_back=first.dated_back)
    step = timedelta(seconds=first.within_s)
    if first.at + step <= window.start or first.within_s == FINEST_S:
        return window
    # The first call of that time may have been stored before the first one began that does not say it is older.
    end = first.at + step
    began = Rollup.objects.at(FINEST_S).between(first.at, end).aggregate(first=Min("bucket"))["first"]
    known = EndedCalls.objects.filter(
        resolution_s=ended_sql.STEPS_S[0], stored_at__gte=first.at, stored_at__lt=end
    )
    stored = known.aggregate(first=Min("stored_at"))["first"]
    fine = min((moment for moment in (began, stored) if moment), default=first.at)
    return period.window(now, fine, dated_back=first.dated_back)


def calls_dated_back(window: Window, filters: Mapping[str, str]) -> int:
    """Calls of the period from before anything was observed. One query; none if there are none."""
    if not window.dated_back:
        return 0
    rows = Rollup.objects.spanning(window.start, window.observed_from).where(**filters)
    return int(rows.aggregate(calls=Sum(ALL_CALLS))["calls"] or 0)


def names(window: Window, filters: Mapping[str, str]) -> Named:
    """What of the period's calls has a row of its own. Two queries."""
    return top_names.named(Rollup.objects.spanning(window.start, window.end).where(**filters))


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
    rows = Rollup.objects.spanning(window.start, window.end).where(**filters).filter(top_names.has_a_row(shown))
    rows = rows.annotate(shown=top_names.tool_of(shown), caller=top_names.caller_of(shown))
    return {
        (tool, *top_names.caller_from(caller)): tally
        for (tool, caller), tally in rows.tallies("shown", "caller").items()
    }


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
