"""Counts of calls by outcome, and the figures read from them. The same for pages, rules and messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from telemetry.counts.histogram import Histogram
from telemetry.semconv import FAILED, REFUSED, SUCCEEDED, Outcome
from telemetry.values.proportions import wilson

# Calls that are judged and whose tool did not run: the cache answered, or a stage before it failed them.
ANSWERED_BEFORE = (Outcome.FROM_CACHE, Outcome.BREAKER, Outcome.ARGUMENTS)
NO_DURATIONS = Histogram()


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls by outcome, their attempts and their latency histogram (``telemetry.counts.histogram``)."""

    counts: Mapping[Outcome, int] = field(default_factory=dict)
    attempts: int = 0
    duration_sum_ms: float = 0.0
    durations: Histogram = NO_DURATIONS
    longest_ms: float = 0.0  # only of calls by their end

    @classmethod
    def sum(cls, tallies: Iterable["Tally"]) -> Self:
        """The tally of all of *tallies* together."""
        parts = list(tallies)
        return cls(
            counts={outcome: sum(part.counts.get(outcome, 0) for part in parts) for outcome in Outcome},
            attempts=sum(part.attempts for part in parts),
            duration_sum_ms=sum(part.duration_sum_ms for part in parts),
            durations=Histogram.sum(part.durations for part in parts),
            longest_ms=max((part.longest_ms for part in parts), default=0.0),
        )

    def without(self, tallies: Iterable["Tally"]) -> Self:
        """What is left of it when *tallies*, which are parts of it, are taken out; never less than nothing."""
        parts = type(self).sum(tallies)
        return type(self)(
            counts={outcome: max(0, self.of(outcome) - parts.of(outcome)) for outcome in Outcome},
            attempts=max(0, self.attempts - parts.attempts),
            duration_sum_ms=max(0.0, self.duration_sum_ms - parts.duration_sum_ms),
            durations=self.durations.without(parts.durations),
        )

    def of(self, *outcomes: Outcome) -> int:
        counts = self.counts
        return sum([counts.get(outcome, 0) for outcome in outcomes])  # a list: charts ask thousands of tallies

    @property
    def succeeded(self) -> int:
        return self.of(*SUCCEEDED)

    @property
    def failed(self) -> int:
        return self.of(*FAILED)

    @property
    def refused(self) -> int:
        return self.of(*REFUSED)

    @property
    def calls(self) -> int:
        """All calls, the refused ones included."""
        return self.succeeded + self.failed + self.refused

    @property
    def judged(self) -> int:
        """The n of the success rate: refusals do not count."""
        return self.succeeded + self.failed

    @property
    def ran(self) -> int:
        """The calls of those whose tool ran: of these some succeed on the first try."""
        return self.judged - self.of(*ANSWERED_BEFORE)

    @property
    def first_try_rate(self) -> float | None:
        """Those on the first try of the calls that ran, 0 to 1; None without such calls."""
        return self.of(Outcome.FIRST_TRY) / self.ran if self.ran else None

    @property
    def success_rate(self) -> float | None:
        """Succeeded / (succeeded + failed), 0 to 1; None without such calls."""
        return self.succeeded / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the success rate; (0, 1) without calls."""
        return wilson(self.succeeded, self.judged)

    def percentile_ms(self, share: float) -> float | None:
        return self.durations.percentile(share)
