"""Idempotency keys: the call that took each, and how it ended. For Valkey, and its twin in memory."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.state.base import Admission, Earlier, Question, Report, Settled
from tools.state.part import MemoryPart, ValkeyPart


class ValkeyIdempotency(ValkeyPart):
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


# Kept for a day at most, so that what is away for long cannot fill the memory; the oldest go first.
MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class _Kept:
    fingerprint: str
    owner: str
    expires_at: float
    ending: bytes | None = None  # None: it runs


class MemoryIdempotency(MemoryPart):
    """By key, the call that took it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def look(self, question: Question, now: float) -> Admission | None:
        claim = question.claim
        if claim is None or (kept := self._find(claim.key, now)) is None:
            return None
        if kept.fingerprint != claim.fingerprint:
            return Admission(earlier=Earlier("another"))
        return Admission(earlier=Earlier("runs") if kept.ending is None else Earlier("ended", kept.ending))

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        if claim := question.claim:
            self._keep(claim.key, _Kept(claim.fingerprint, claim.owner, now + claim.lease_s))
        return admission

    def report(self, reports: Sequence[Report], now: float) -> None:
        for report in reports:
            if isinstance(report, Settled):
                self._settle(report, now)

    def _settle(self, settled: Settled, now: float) -> None:
        claim = settled.claim
        kept = self._find(claim.key, now)
        if kept is not None and (kept.owner != claim.owner or kept.ending is not None):
            return
        if settled.ending is None:
            self._kept.pop(claim.key, None)
        else:
            ended = _Kept(claim.fingerprint, claim.owner, now + settled.keep_s, settled.ending)
            self._keep(claim.key, ended)

    def _find(self, key: str, now: float) -> _Kept | None:
        kept = self._kept.get(key)
        return kept if kept is not None and now < kept.expires_at else None

    def _keep(self, key: str, kept: _Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEYS:
            self._kept.popitem(last=False)
