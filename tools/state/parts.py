"""The parts of shared state, in the order in which a call is put to them: one line each.

Who sends an idempotency key again gets the first call's ending, whatever the other parts say now.
A kept result is given whatever the breaker and the limits say; a resting tool costs no token. A quota is asked
before the buckets, for it is the one that keeps a caller waiting longest.
"""

from tools.state.base import CacheOptions
from tools.state.breakers.valkey import Breakers
from tools.state.buckets.valkey import Buckets
from tools.state.idempotency.valkey import Idempotency
from tools.state.outcomes.valkey import Outcomes
from tools.state.part import ValkeyPart
from tools.state.quotas.valkey import Quotas
from tools.state.results.valkey import Results
from tools.state.slots.valkey import Slots


def valkey_parts(cache: CacheOptions) -> list[ValkeyPart]:
    return [
        Idempotency(),
        Results(cache),
        Breakers(),
        Quotas(),
        Buckets(),
        Slots(),
        Outcomes(),
    ]
