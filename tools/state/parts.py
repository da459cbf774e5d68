"""The parts of shared state, in the order in which a call is put to them: one line each.

Who sends an idempotency key again gets the first call's ending, whatever the other parts say now.
A kept result is given whatever the breaker and the limits say; a resting tool costs no token. A quota is asked
before the buckets, for it is the one that keeps a caller waiting longest.
"""

from tools.state.base import CacheOptions
from tools.state.breakers.part import ValkeyBreakers
from tools.state.buckets.part import ValkeyBuckets
from tools.state.idempotency.part import ValkeyIdempotency
from tools.state.outcomes.part import ValkeyOutcomes
from tools.state.part import ValkeyPart
from tools.state.quotas.part import ValkeyQuotas
from tools.state.results.part import ValkeyResults
from tools.state.slots.part import ValkeySlots


def valkey_parts(cache: CacheOptions) -> list[ValkeyPart]:
    return [
        ValkeyIdempotency(),
        ValkeyResults(cache),
        ValkeyBreakers(),
        ValkeyQuotas(),
        ValkeyBuckets(),
        ValkeySlots(),
        ValkeyOutcomes(),
    ]
