"""Quotas over all processes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.state.base import US, Admission, Question
from tools.state.part import ValkeyPart, left_of
from tools.state.quotas.quota import Quota, Used


class Quotas(ValkeyPart):
    """The part for Valkey's scripts."""

    name = "quotas"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        if not question.quotas:
            return ()
        found = ["1" if question.tells_left else "", str(len(question.quotas))]
        for quota in question.quotas:
            found += (quota.name, _key(quota, prefix), quota.period.value, str(quota.limit))
        return tuple(found)

    def ended(self, *values: Any) -> Admission:
        wait_us, name = values
        return Admission(allowed=False, retry_after_s=int(wait_us) / US, refused_by=name.decode())

    def granted(self, admission: Admission, value: Any) -> Admission:
        return replace(admission, left=(*admission.left, *left_of(value)))


def _key(quota: Quota, prefix: str) -> str:
    return f"{prefix}quota:{quota.owner}"


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
