"""Replays a rule over stored calls: what it would have told, had it been there.

It decides by the functions that the evaluator decides by, on the same windows, at the same pace. One thing
differs: stored calls are complete, while the evaluator may see a slow call only after it ended.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate

from telemetry.alerts.kinds import load_kind
from telemetry.alerts.models import Rule, State
from telemetry.alerts.models.rules import resolution_of
from telemetry.alerts.verdict import Standing, Verdict, judge, next_state
from telemetry.alerts.windows import Window
from telemetry.models import Rollup
from telemetry.semconv import UNKNOWN_TOOL

# As often as beat starts the evaluator.
LOOK_EVERY = timedelta(seconds=5)
# So much is read at once.
CHUNK = timedelta(hours=6)

# (good, judged) calls of each bucket.
Counts = Mapping[datetime, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """An incident that there would have been; *good* of *total* calls when it fired."""

    tool: str
    began_at: datetime
    opened_at: datetime
    resolved_at: datetime | None
    good: int
    total: int
    worst_value: float


def rehearse(rule: Rule, start: datetime, end: datetime) -> list[Rehearsed]:
    """The incidents that *rule*, which need not be saved, would have opened, by time."""
    found = [
        incident
        for tool, counts in read_counts(rule, start, end).items()
        for incident in rehearse_tool(rule, tool, counts, start, end)
    ]
    return sorted(found, key=lambda incident: incident.opened_at)


def read_counts(rule: Rule, start: datetime, end: datetime) -> dict[str, Counts]:
    """The calls that *rule* judges, by tool and bucket; one query for every six hours."""
    measure = load_kind(rule.kind).measure
    rows = (
        Rollup.objects.using("default")
        .at(resolution_of(rule.window_s))
        .where(tool=rule.tool, provider=rule.provider, model=rule.model)
    )
    if not rule.tool:
        rows = rows.exclude(series__tool=UNKNOWN_TOOL)
    counts: dict[str, dict[datetime, tuple[int, int]]] = {}
    since = Window.before(start, rule.window_s).start
    while since < end:
        until = min(since + CHUNK, end)
        for (bucket, tool), tally in rows.between(since, until).tallies("bucket", "tool").items():
            counts.setdefault(tool, {})[bucket] = measure(tally)
        since = until
    return dict(counts)


def rehearse_tool(rule: Rule, tool: str, counts: Counts, start: datetime, end: datetime) -> list[Rehearsed]:
    """The incidents of one tool. Pure."""
    standing = Standing.at_rest(start)
    incidents: list[Rehearsed] = []
    for now, seen in looks(rule, counts, start, end):
        before, standing = standing, next_state(rule, standing, seen, now)
        if standing.state == State.FIRING and before.state != State.FIRING:
            began_at = before.since if before.state == State.PENDING else now
            value = seen.value or 0.0
            incidents.append(Rehearsed(tool, began_at, now, None, seen.good, seen.total, value))
        elif standing.state == State.FIRING and seen.value is not None:
            incidents[-1] = replace(incidents[-1], worst_value=min(incidents[-1].worst_value, seen.value))
        elif before.state == State.FIRING:
            incidents[-1] = replace(incidents[-1], resolved_at=now)
    return incidents


def looks(rule: Rule, counts: Counts, start: datetime, end: datetime) -> Iterator[tuple[datetime, Verdict]]:
    """What the evaluator would have seen, and when."""
    step = timedelta(seconds=resolution_of(rule.window_s))
    first = Window.before(start, rule.window_s).start
    buckets = [first + number * step for number in range(int((end - first) / step) + 1)]
    # Running sums: a window's calls are the difference of two of them.
    good = list(accumulate((counts.get(bucket, (0, 0))[0] for bucket in buckets), initial=0))
    total = list(accumulate((counts.get(bucket, (0, 0))[1] for bucket in buckets), initial=0))
    now = start
    while now < end:
        window = Window.before(now, rule.window_s)
        left, right = (int((edge - first) / step) for edge in (window.start, window.end))
        yield now, judge(rule, good[right] - good[left], total[right] - total[left])
        now += LOOK_EVERY
