"""Idempotency keys of all processes."""

from collections.abc import Sequence
from typing import Any

from tools.state.base import Admission, Earlier, Question, Report, Settled
from tools.state.part import ValkeyPart


class Idempotency(ValkeyPart):
    """The part for Valkey's scripts."""

    name = "idempotency"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        claim = question.claim
        if claim is None:
            return ()
        return (f"{prefix}idempotency:{claim.key}", claim.fingerprint, claim.owner, f"{claim.lease_s * 1000:.0f}")

    def ended(self, *values: Any) -> Admission:
        state, *ending = values
        return Admission(earlier=Earlier(state.decode(), *ending))

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        return [_sum(report, values) for report in reports if isinstance(report, Settled)] or None


def _sum(settled: Settled, values: list[bytes]) -> list[str | int]:
    claim, number = settled.claim, 0
    if settled.ending is not None:
        values.append(settled.ending)
        number = len(values)
    return [claim.key, claim.fingerprint, claim.owner, number, round(settled.keep_s * 1000)]
