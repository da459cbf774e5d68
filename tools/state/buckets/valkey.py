"""Token buckets of all processes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.state.base import US, Admission, Question
from tools.state.buckets.bucket import Bucket, buckets_of
from tools.state.buckets.lease import LEASE_S, Wish, most_held
from tools.state.part import ValkeyPart, left_of


class Buckets(ValkeyPart):
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
