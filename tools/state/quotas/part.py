"""Quotas over all processes, and their twin in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tools.state.base import US, Admission, Left, Question, Report, Spent
from tools.state.part import MemoryPart, ValkeyPart, left_of
from tools.state.quotas.quota import Period, Quota, Used


class ValkeyQuotas(ValkeyPart):
    """The part for Valkey's scripts."""

    name = "quotas"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        if not question.quotas:
            return ()
        found = ["1" if question.tells_left else "", str(len(question.quotas))]
        for quota in question.quotas:
            found += (quota.name, _key(quota, prefix), quota.period.value, str(quota.limit), str(quota.each))
        return tuple(found)

    def ended(self, *values: Any) -> Admission:
        wait_us, name = values
        return Admission(allowed=False, retry_after_s=int(wait_us) / US, refused_by=name.decode())

    def granted(self, admission: Admission, value: Any) -> Admission:
        return replace(admission, left=(*admission.left, *left_of(value)))

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Mapping[str, int] | None:
        return spent_of(reports) or None


def _key(quota: Quota, prefix: str) -> str:
    return f"{prefix}quota:{quota.owner}"


def spent_of(reports: Sequence[Report]) -> Counter[str]:
    """What was spent behind calls, by owner."""
    spent: Counter[str] = Counter()
    for report in reports:
        if isinstance(report, Spent):
            spent[report.quota.owner] += report.amount
    return spent


async def read_used(client: Any, prefix: str, quotas: Sequence[Quota], now: float) -> list[Used]:
    """How much of each of *quotas* is used at *now* (seconds since 1970)."""
    if not quotas:
        return []
    counts = await client.mget(
        [f"{_key(quota, prefix)}:{quota.period}:{quota.period.number(now)}" for quota in quotas]
    )
    return [
        Used(quota, int(count or 0), quota.period.ends_at(now))
        for quota, count in zip(quotas, counts, strict=True)
    ]


class MemoryQuotas(MemoryPart):
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
            counts = self._counts_of(quota.period, now)
            counts[quota.owner] += quota.each
            if question.tells_left:
                rest = max(0, quota.limit - counts[quota.owner])
                left += (Left(quota.name, rest, quota.period.ends_at(now) - now),)
        return replace(admission, left=left) if left else admission

    def report(self, reports: Sequence[Report], now: float) -> None:
        if spent := spent_of(reports):
            self._counts_of(Period.DAY, now).update(spent)

    def _counts_of(self, period: Period, now: float) -> Counter[str]:
        at = (period, period.number(now))
        if at not in self._counts:
            self._counts = {key: found for key, found in self._counts.items() if key[0] is not period}
            self._counts[at] = Counter()
        return self._counts[at]

    def used(self, quotas: Sequence[Quota], now: float) -> list[Used]:
        return [Used(quota, self._used(quota, now), quota.period.ends_at(now)) for quota in quotas]

    def _used(self, quota: Quota, now: float) -> int:
        return self._counts.get((quota.period, quota.period.number(now)), Counter())[quota.owner]
