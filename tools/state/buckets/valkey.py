"""Token buckets of all processes."""

from collections.abc import Sequence
from typing import Any

from tools.state.base import US, Admission, Question, Report
from tools.state.buckets.bucket import buckets_of


class Buckets:
    """The part for Valkey's scripts."""

    name = "buckets"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        found = buckets_of(question)
        if not found:
            return ()
        arguments = [str(len(found))]
        for bucket in found:
            rate = bucket.rate
            arguments += (
                bucket.limit,
                f"{prefix}bucket:{bucket.key}",
                repr(rate.token_s * US),
                repr(rate.full_s * US),
            )
        return tuple(arguments)

    def ended(self, *values: Any) -> Admission:
        wait_us, limit = values
        return Admission(allowed=False, retry_after_s=wait_us / US, refused_by=limit.decode())

    def granted(self, admission: Admission, value: Any) -> Admission:
        return admission

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        return None
