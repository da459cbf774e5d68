"""Token buckets of all processes, and their twin in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.state.base import US, Admission, Left, Question
from tools.state.buckets.bucket import Bucket, buckets_of
from tools.state.buckets.lease import LEASE_S, Wish, most_held
from tools.state.buckets.level import Level
from tools.state.part import MemoryPart, ValkeyPart, left_of


class ValkeyBuckets(ValkeyPart):
    """The part for Valkey's scripts."""

    name = "buckets"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        found = buckets_of(question.tool, question)
        if not found:
            return ()
        arguments = ["1" if question.tells_left else "", str(len(found))]
        for bucket in found:
            arguments += (bucket.limit, *_shape(bucket, prefix))
        return tuple(arguments)

    def ended(self, *values: Any) -> Admission:
        wait_us, limit = values
        return Admission(allowed=False, retry_after_s=wait_us / US, refused_by=limit.decode())

    def granted(self, admission: Admission, value: Any) -> Admission:
        return replace(admission, left=(*admission.left, *left_of(value)))


def lease_arguments(process: str, wishes: Sequence[Wish], prefix: str) -> list[str]:
    """What the same script takes to lease tokens to *process*."""
    arguments = ["leases", process, repr(LEASE_S * US), str(len(wishes))]
    for wish in wishes:
        arguments += _shape(wish.bucket, prefix)
        arguments += (str(number) for number in (most_held(wish.bucket), wish.in_hand, wish.back, wish.want))
    return arguments


def _shape(bucket: Bucket, prefix: str) -> tuple[str, str, str]:
    """The bucket's key, the time of one token and of a full bucket."""
    return f"{prefix}bucket:{bucket.key}", repr(bucket.rate.token_s * US), repr(bucket.rate.full_s * US)


# Buckets of callers come and go: those that are full again are forgotten when there are twice as many as before.
FEW = 1000


class MemoryBuckets(MemoryPart):
    """The reference that the script in Valkey is tested against."""

    def __init__(self) -> None:
        self._levels: dict[str, Level] = {}
        self._most = FEW

    def look(self, question: Question, now: float) -> Admission | None:
        longest_s, refused_by = 0.0, ""
        for bucket in buckets_of(question.tool, question):
            wait_s = self._level(bucket).wait_s(now)
            if wait_s > longest_s:
                longest_s, refused_by = wait_s, bucket.limit
        if not refused_by:
            return None
        return Admission(allowed=False, retry_after_s=longest_s, refused_by=refused_by)

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        left = admission.left
        for bucket in buckets_of(question.tool, question):
            level = self._level(bucket)
            level.take(now)
            if question.tells_left:
                left += (Left(bucket.limit, level.left(now), level.full_at(now) - now),)
        if len(self._levels) > self._most:
            self._levels = {key: level for key, level in self._levels.items() if level.full_at(now) > now}
            self._most = max(FEW, 2 * len(self._levels))
        return replace(admission, left=left) if left else admission

    def lease(self, process: str, wishes: Sequence[Wish], now: float) -> list[int]:
        return [self._level(wish.bucket).lease(process, wish, now) for wish in wishes]

    def _level(self, bucket: Bucket) -> Level:
        found = self._levels.get(bucket.key)
        if found is None:
            found = self._levels[bucket.key] = Level(bucket.rate)
        return found
