"""The calls themselves that pages show: of each tool the last that failed, and the newest of all."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Max, Q

from dashboard.addresses.periods import Window
from dashboard.queries.top_names import Named
from telemetry.models import Rollup, Span
from telemetry.models.spans import SpanQuerySet

# How far back the last error of a tool is looked for; one older than this explains nothing that is seen now.
LAST_ERROR_LOOKBACK = timedelta(hours=24)
# The newest calls are looked for among those that began in the last hour.
NEWEST_LOOKBACK = timedelta(hours=1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


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


def _calls(start: datetime, end: datetime, filters: Mapping[str, str]) -> SpanQuerySet:
    return Span.objects.tool_calls().started_between(start, end).where(**filters)
