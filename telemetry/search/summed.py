"""Which questions the rollups answer, exactly and at once: those about series and outcomes alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, Sum

from telemetry.counts import resolutions
from telemetry.counts.rollup_columns import OUTCOME_COLUMNS
from telemetry.models import Rollup
from telemetry.models.rollups import RollupQuerySet
from telemetry.search import compiling, plans
from telemetry.search.plans import ALL_OUTCOMES, Every, OfOutcome, OfSeries, Plan
from telemetry.search.query import Window
from telemetry.spans.rows import EPOCH

SUMS = {f"sum_{column}": Sum(column) for column in ("spans", "errors", *OUTCOME_COLUMNS)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the rollups: the rows of some series, and of those the spans of some *outcomes*."""

    rows: Q
    outcomes: frozenset[str]

    def counts(self, row: Mapping[str, Any]) -> dict[str, int]:
        """The spans of a *row* with its SUMS by outcome, of those that were asked for."""
        found = {str(outcome): int(row[f"sum_{column}"]) for column, outcome in OUTCOME_COLUMNS.items()}
        found[""] = int(row["sum_spans"]) - sum(found.values())
        return {outcome: count for outcome, count in found.items() if count and outcome in self.outcomes}

    @property
    def is_every_outcome(self) -> bool:
        return self.outcomes == ALL_OUTCOMES


def asked(plan: Plan) -> Asked | None:
    """What *plan* asks of the rollups; None where they do not know enough. One query at most."""
    parts = plan.parts if isinstance(plan, Every) else (plan,)
    series = [part for part in parts if plans.is_only(part, OfSeries)]
    ended = [part for part in parts if plans.is_only(part, OfOutcome)]
    if len(series) + len(ended) < len(parts):
        return None
    rows = Q(series_id__in=compiling.series_ids(Every(tuple(series)))) if series else Q()
    return Asked(rows, ALL_OUTCOMES.intersection(*map(plans.outcomes_of, ended)))


def sums(rows: RollupQuerySet, by: str) -> Iterator[Mapping[str, Any]]:
    """The SUMS of *rows* for each value of *by*."""
    yield from rows.order_by().values(by).annotate(**SUMS)


def at(resolution_s: int, window: Window) -> RollupQuerySet:
    """The rollups of *resolution_s* that begin in *window*."""
    return Rollup.objects.at(resolution_s).between(*window)


def to_the_minute(window: Window, now: datetime) -> tuple[RollupQuerySet, Window]:
    """Rollups that cover *window*, and what they really cover: whole hours, at both ends minutes.

    Where minutes are no longer kept at *now* the first hour is whole.
    """
    start, end = floor(window[0], 60), ceiling(window[1], 60)
    if start < resolutions.floor(60, now):
        start = floor(start, 3600)
    first_hour, last_hour = ceiling(start, 3600), floor(end, 3600)
    if first_hour >= last_hour and start >= resolutions.floor(60, now):
        return at(60, (start, end)), (start, end)
    hours = Q(resolution_s=3600, bucket__gte=first_hour, bucket__lt=last_hour)
    before = Q(resolution_s=60, bucket__gte=start, bucket__lt=first_hour)
    after = Q(resolution_s=60, bucket__gte=last_hour, bucket__lt=end)
    return Rollup.objects.filter(hours | before | after), (start, end)


def floor(moment: datetime, step_s: int) -> datetime:
    """The last whole step at or before *moment*."""
    return EPOCH + (moment.astimezone(UTC) - EPOCH) // timedelta(seconds=step_s) * timedelta(seconds=step_s)


def ceiling(moment: datetime, step_s: int) -> datetime:
    """The first whole step at or after *moment*."""
    step = timedelta(seconds=step_s)
    return EPOCH - (EPOCH - moment.astimezone(UTC)) // step * step
