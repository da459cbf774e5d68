"""Token buckets of one process."""

from collections.abc import Sequence

from tools.policy import Rate
from tools.state.base import Admission, Question, Report


class Buckets:
    """A bucket is known by when it will be full."""

    def __init__(self) -> None:
        self._full_at: dict[tuple[str, Rate], float] = {}

    def look(self, question: Question, now: float) -> Admission | None:
        if question.rate is None:
            return None
        wait_s = self._after_one_more(question.tool, question.rate, now) - now - question.rate.per_s
        return Admission(allowed=False, retry_after_s=wait_s) if wait_s > 1e-6 else None

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        if question.rate is not None:
            full_at = self._after_one_more(question.tool, question.rate, now)
            self._full_at[question.tool, question.rate] = full_at
        return admission

    def _after_one_more(self, tool: str, rate: Rate, now: float) -> float:
        return max(self._full_at.get((tool, rate), now), now) + rate.per_s / rate.count

    def report(self, reports: Sequence[Report], now: float) -> None:
        """Calls leave nothing behind here."""
