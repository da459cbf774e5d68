"""Idempotency keys of one process."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from tools.state.base import Admission, Earlier, Question, Report, Settled
from tools.state.part import MemoryPart

# Kept for a day at most, so that what is away for long cannot fill the memory; the oldest go first.
MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class _Kept:
    fingerprint: str
    owner: str
    expires_at: float
    ending: bytes | None = None  # None: it runs


class Idempotency(MemoryPart):
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
