"""The reads behind the pages of errors. Each function is one query, whatever the number of rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    Func,
    IntegerField,
    OuterRef,
    Subquery,
    Sum,
    Value,
)
from django.db.models import Window as Over

from dashboard.addresses.periods import Window
from dashboard.pages.errors.selection import ErrorSelection
from telemetry.counts.outcome_counts import Tally
from telemetry.errors.models import CountQuerySet, ErrorCount, ErrorGroup
from telemetry.models import Rollup, Span

MOST_GROUPS = 100
# Of what senders can make up any number of: names in a menu, and combinations of words that are added up.
MOST_TOOLS, MOST_COMBINATIONS = 100, 2_000
EXAMPLES = 10
# Occurrences whose messages are compared.
READ_MESSAGES = 500
ORDERS = {"last": "-last_seen", "count": "-in_period", "first": "-first_seen"}
# By what the occurrences of a group are broken down.
WORDS = ("provider", "model", "prompt_version", "caller_role")

Key = tuple[Any, ...]


def groups(selection: ErrorSelection, window: Window) -> list[ErrorGroup]:
    """The groups that occurred in the period, with ``in_period``: one more than MOST_GROUPS if there are more."""
    counted = counts_in(window).where(**words_of(selection)).filter(fingerprint=OuterRef("fingerprint"))
    found = ErrorGroup.objects.filter(last_seen__gte=window.start)
    wanted = {"tool": selection.tool, "layer": selection.layer}
    if selection.state != "any":
        wanted["state"] = selection.state
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    # Without an order of its own the subquery is one sum, as it has to be.
    total = counted.order_by().values("fingerprint").annotate(total=Sum("count")).values("total")
    found = found.annotate(in_period=Subquery(total, output_field=IntegerField())).filter(in_period__gt=0)
    return list(found.order_by(ORDERS[selection.sort], "fingerprint")[: MOST_GROUPS + 1])


def facets(window: Window) -> dict[Key, int]:
    """How many groups of the period there are by state and layer."""
    rows = ErrorGroup.objects.filter(last_seen__gte=window.start).order_by().values("state", "layer")
    return {(row["state"], row["layer"]): row["n"] for row in rows.annotate(n=Count("pk"))}


def tools(window: Window) -> tuple[list[str], int]:
    """The tools of the groups of the period that failed most, MOST_TOOLS of them, and how many more there are."""
    rows = ErrorGroup.objects.filter(last_seen__gte=window.start).exclude(tool="").order_by().values_list("tool")
    found = list(rows.annotate(n=Sum("count"), tools=Over(Count("*"))).order_by("-n", "tool")[:MOST_TOOLS])
    return sorted(name for name, *_ in found), (found[0][-1] - len(found) if found else 0)


def over_time(fingerprints: Sequence[int], window: Window, **words: str) -> dict[int, dict[datetime, int]]:
    """How often each of the groups occurred at each point of the period."""
    found: dict[int, dict[datetime, int]] = {fingerprint: {} for fingerprint in fingerprints}
    rows = counts_in(window).filter(fingerprint__in=fingerprints).where(**words)
    for (fingerprint, start), count in binned(rows, window).sums("fingerprint", "bin").items():
        found[fingerprint][start] = count
    return found


def by_words(fingerprints: Sequence[int], window: Window, calls: str) -> dict[Key, int]:
    """How often the groups occurred in the period by fingerprint and each of WORDS; the commonest combinations."""
    rows = counts_in(window).filter(fingerprint__in=fingerprints).where(calls)
    return rows.sums("fingerprint", *WORDS, most=MOST_COMBINATIONS)


def calls_by_words(tool: str, window: Window, calls: str) -> dict[Key, Tally]:
    """All calls of *tool* in the period by each of WORDS; the commonest combinations."""
    rows = Rollup.objects.at(window.period.resolution_s).between(window.start, window.end).where(calls, tool=tool)
    return rows.tallies(*WORDS, durations=False, most=MOST_COMBINATIONS)


def group(fingerprint: int) -> ErrorGroup | None:
    """The group with those who decided about it."""
    people = ("resolved_by", "ignored_by", "reopened_by")
    return ErrorGroup.objects.select_related(*people).filter(pk=fingerprint).first()


def since(fingerprint: int, start: datetime, calls: str) -> int:
    """How often the group occurred from *start* on, to the minute."""
    rows = ErrorCount.objects.at(60).filter(fingerprint=fingerprint, bucket__gte=start).where(calls)
    total: int | None = rows.aggregate(n=Sum("count"))["n"]
    return total or 0


def examples(fingerprint: int, window: Window) -> list[Span]:
    """The newest occurrences of the period."""
    spans = Span.objects.in_brief().filter(fingerprint=fingerprint, start_time__gte=window.start)
    return list(spans.order_by("-start_time")[:EXAMPLES])


def messages(fingerprint: int, window: Window) -> list[str]:
    """The messages of the newest READ_MESSAGES occurrences of the period, as they came."""
    spans = Span.objects.filter(fingerprint=fingerprint, start_time__gte=window.start).order_by("-start_time")
    return list(spans.values_list("error_message", flat=True)[:READ_MESSAGES])


def counts_in(window: Window) -> CountQuerySet:
    return ErrorCount.objects.at(window.period.resolution_s).between(window.start, window.end)


def binned(rows: CountQuerySet, window: Window) -> CountQuerySet:
    """*rows* with ``bin``, the start of the point of the chart that they belong to."""
    found: CountQuerySet = rows.annotate(
        bin=Func(
            Value(timedelta(seconds=window.period.bin_s), output_field=DurationField()),
            "bucket",
            Value(window.start, output_field=DateTimeField()),
            function="date_bin",
            output_field=DateTimeField(),
        )
    )
    return found


def words_of(selection: ErrorSelection) -> dict[str, str]:
    """By what occurrences are counted: a group has its tool already."""
    return {name: value for name, value in selection.counted.items() if name != "tool"}
