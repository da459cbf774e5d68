"""Quotas of one process."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tools.state.base import Admission, Left, Question
from tools.state.part import MemoryPart
from tools.state.quotas.quota import Period, Quota, Used


class Quotas(MemoryPart):
    """Counts by owner in each day and month; those that are over are forgotten."""

    def __init__(self) -> None:
        self._counts: dict[tuple[Period, int], Counter[str]] = {}

    def look(self, question: Question, now: float) -> Admission | None:
        spent = [quota for quota in question.quotas if self._used(quota, now) >= quota.limit]
        if not spent:
            return None
        last = max(spent, key=lambda quota: quota.period.ends_at(now))
        return Admission(allowed=False, retry_after_s=last.period.ends_at(now) - now, refused_by=last.name)

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        left = admission.left
        for quota in question.quotas:
            at = (quota.period, quota.period.number(now))
            if at not in self._counts:
                self._counts = {key: found for key, found in self._counts.items() if key[0] is not quota.period}
                self._counts[at] = Counter()
            self._counts[at][quota.owner] += 1
            if question.tells_left:
                rest = max(0, quota.limit - self._counts[at][quota.owner])
                left += (Left(quota.name, rest, quota.period.ends_at(now) - now),)
        return replace(admission, left=left) if left else admission

    def used(self, quotas: Sequence[Quota], now: float) -> list[Used]:
        return [Used(quota, self._used(quota, now), quota.period.ends_at(now)) for quota in quotas]

    def _used(self, quota: Quota, now: float) -> int:
        return self._counts.get((quota.period, quota.period.number(now)), Counter())[quota.owner]
