"""The words of queries over spans and rollups."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from telemetry.semconv import FAILED, Outcome
from telemetry.tally import Tally

if TYPE_CHECKING:
    from telemetry.models import Rollup, Span  # noqa: F401  (named in the annotations below)


# The rollup's column of each outcome. `provider` is the name of a key there, so that outcome's differs.
OUTCOME_COLUMNS = {
    "provider_error" if outcome is Outcome.PROVIDER else str(outcome): outcome for outcome in Outcome
}


class SpanQuerySet(models.QuerySet["Span"]):
    def tool_calls(self) -> Self:
        return self.exclude(outcome="")

    def started_between(self, start: datetime, end: datetime) -> Self:
        """Spans that began at or after *start* and before *end*; names the partitions to read."""
        return self.filter(start_time__gte=start, start_time__lt=end)

    def for_tool(self, tool: str) -> Self:
        return self.filter(tool=tool)

    def failed(self) -> Self:
        return self.filter(outcome__in=[str(outcome) for outcome in FAILED])

    def newest(self, count: int) -> Self:
        return self.order_by("-start_time")[:count]


class RollupQuerySet(models.QuerySet["Rollup"]):
    def at(self, resolution_s: int) -> Self:
        return self.filter(resolution_s=resolution_s)

    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(bucket__gte=start, bucket__lt=end)

    def where(self, **key: Any) -> Self:
        """Rows of the given key parts (tool, provider, model, prompt_version, caller_role); blanks ignored."""
        return self.filter(**{name: value for name, value in key.items() if value})

    def tallies(self, *by: str) -> dict[tuple[Any, ...], Tally]:
        """The rows summed up by the key parts *by* (``bucket``, ``tool``, …), one query; no row, no entry."""
        groups: dict[tuple[Any, ...], list[Tally]] = {}
        for row in self.values(*by, "attempts", "duration_sum_us", "durations", *OUTCOME_COLUMNS):
            groups.setdefault(tuple(row[part] for part in by), []).append(
                Tally(
                    counts={outcome: row[column] for column, outcome in OUTCOME_COLUMNS.items()},
                    attempts=row["attempts"],
                    duration_sum_ms=row["duration_sum_us"] / 1000,
                    durations=row["durations"],
                )
            )
        return {key: Tally.sum(parts) for key, parts in groups.items()}
