"""How full a token bucket is, of which processes may hold some tokens in leases.

A held token is spent as far as the bucket goes, and as good as in the bucket as far as the limit goes: a bucket
and all leases together never hold more tokens than the bucket can. So no window of time sees more calls than a
bucket without leases would let through. ``ask.lua`` does the same sums.
"""

import math
from dataclasses import dataclass, field

from tools.definition.policy import Rate
from tools.state.buckets.lease import LEASE_S, Wish, most_held

# Times are rounded to microseconds in Valkey.
ROUNDED_S = 1e-6


@dataclass(slots=True)
class _Hold:
    count: int
    until: float


@dataclass(slots=True)
class Level:
    """A bucket is known by when it will be full; times are in seconds."""

    rate: Rate
    _full_at: float = 0.0
    _holds: dict[str, _Hold] = field(default_factory=dict)

    def full_at(self, now: float) -> float:
        """When the bucket will be full. Of a hold that ended unheard-of, all tokens count as used at its end."""
        counts = [hold.count for hold in self._holds.values() if hold.until > now]
        full_at = max(self._full_at, now, now + sum(counts) * self.rate.token_s)
        ended = [hold.until for hold in self._holds.values() if hold.until <= now]
        if ended:
            everything = sum(hold.count for hold in self._holds.values())
            full_at = max(full_at, max(ended) + everything * self.rate.token_s)
        return full_at

    def wait_s(self, now: float) -> float:
        """How long until there is a token; 0 if there is one."""
        wait_s = self.full_at(now) + self.rate.token_s - now - self.rate.full_s
        return wait_s if wait_s > ROUNDED_S else 0.0

    def take(self, now: float) -> None:
        """Take the token that ``wait_s`` promised."""
        self._full_at = self.full_at(now) + self.rate.token_s

    def left(self, now: float) -> int:
        """How many tokens there are."""
        return max(0, math.floor((now + self.rate.full_s - self.full_at(now) + ROUNDED_S) / self.rate.token_s))

    def lease(self, process: str, wish: Wish, now: float) -> int:
        """Note what *process* holds and gives back; how many tokens it is given of those it wants."""
        token_s, full_at = self.rate.token_s, self.full_at(now)
        self._holds = {name: hold for name, hold in self._holds.items() if hold.until > now}
        own = self._holds.pop(process, None)
        mine, others = own.count if own else 0, sum(hold.count for hold in self._holds.values())
        back = min(wish.back, mine)
        in_hand = min(wish.in_hand, mine - back)
        full_at = max(now, full_at - back * token_s)
        room = math.floor((now + self.rate.full_s - full_at + ROUNDED_S) / token_s)
        most = most_held(wish.bucket) - others - in_hand
        granted = max(0, min(wish.want, room, most))
        self._full_at = full_at + granted * token_s
        if in_hand + granted:
            self._holds[process] = _Hold(in_hand + granted, now + LEASE_S)
        return granted
