"""Token buckets of one process."""

from collections.abc import Sequence

from tools.state.base import Admission, Question, Report
from tools.state.buckets.bucket import Bucket, buckets_of

# Buckets of callers come and go: those that are full again are forgotten when there are twice as many as before.
FEW = 1000


class Buckets:
    """A bucket is known by when it will be full."""

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}
        self._most = FEW

    def look(self, question: Question, now: float) -> Admission | None:
        longest_s, refused_by = 1e-6, ""
        for bucket in buckets_of(question):
            wait_s = self._after_one_more(bucket, now) - now - bucket.rate.full_s
            if wait_s > longest_s:
                longest_s, refused_by = wait_s, bucket.limit
        if not refused_by:
            return None
        return Admission(allowed=False, retry_after_s=longest_s, refused_by=refused_by)

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        for bucket in buckets_of(question):
            self._full_at[bucket.key] = self._after_one_more(bucket, now)
        if len(self._full_at) > self._most:
            self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
            self._most = max(FEW, 2 * len(self._full_at))
        return admission

    def report(self, reports: Sequence[Report], now: float) -> None:
        """Calls leave nothing behind here."""

    def _after_one_more(self, bucket: Bucket, now: float) -> float:
        return max(self._full_at.get(bucket.key, now), now) + bucket.rate.token_s
