"""Token buckets of all processes."""

from collections.abc import Sequence
from typing import Any

from tools.state.base import US, Admission, Question, Report


class Buckets:
    """The part for Valkey's scripts."""

    name = "buckets"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        rate = question.rate
        if rate is None:
            return ()
        bucket = f"{prefix}bucket:{question.tool}:{rate.count}/{rate.per_s}"
        return (bucket, repr(rate.per_s * US / rate.count), repr(rate.per_s * US))

    def ended(self, *values: Any) -> Admission:
        return Admission(allowed=False, retry_after_s=values[0] / US)

    def granted(self, admission: Admission, value: Any) -> Admission:
        return admission

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        return None
