"""Which token buckets a call takes from: its tool's, and its caller's of that tool."""

from dataclasses import dataclass

from tools.policy import Rate
from tools.state.base import Question


@dataclass(frozen=True, slots=True)
class Bucket:
    """``limit`` is the setting that it comes from. An edited rate is another key: its bucket starts full."""

    limit: str
    key: str
    rate: Rate


def buckets_of(question: Question) -> tuple[Bucket, ...]:
    """What *question* takes a token from, each."""
    found: tuple[Bucket, ...] = ()
    if rate := question.rate:
        found = (Bucket("rate", f"{question.tool}:{rate.count}/{rate.per_s}/{rate.burst}", rate),)
    if rate := question.caller_rate:
        key = f"{question.tool}:{question.caller}:{rate.count}/{rate.per_s}/{rate.burst}"
        found += (Bucket("caller_rate", key, rate),)
    return found
