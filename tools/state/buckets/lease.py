"""Tokens in a process's hand: how many it should hold of a bucket, by how fast it uses them. Asks nobody."""

import math
from dataclasses import dataclass

from tools.state.buckets.bucket import Bucket

LEASE_S = 0.5
# A process lets go a little before Valkey does.
TRUSTED_S = 0.9 * LEASE_S
# A lease holds what its process uses in this time (in that of three looks where a busy process takes longer
# between them), and at most this share of the bucket.
AHEAD_S = 0.05
LOOKS = 3
MOST_AHEAD_S = LEASE_S / 2
SHARE = 0.02
# Of all leases together: the rest is for processes that ask for each call.
MOST_HELD = 0.2
# A smaller lease would not save a round trip for long.
LEAST = 5
BUSY_PER_S = LEAST / AHEAD_S
# Uses are counted over this time before a lease is filled, and smoothed over the other while it is.
WINDOW_S = 0.25
SMOOTH_S = 0.1


@dataclass(frozen=True, slots=True)
class Wish:
    """What a process says of one bucket: it still holds *in_hand*, gives *back* and *want*s so many tokens."""

    bucket: Bucket
    in_hand: int
    back: int
    want: int


def most_of(bucket: Bucket) -> int:
    """The largest lease of *bucket*; 0: it is too small for any."""
    most = math.floor(bucket.rate.capacity * SHARE)
    return most if most >= LEAST else 0


def most_held(bucket: Bucket) -> int:
    """The most that all processes together may hold of *bucket*."""
    return math.floor(bucket.rate.capacity * MOST_HELD)


@dataclass(slots=True)
class Lease:
    """The tokens that this process holds of one bucket, and how fast it uses them. Times are of its own clock."""

    bucket: Bucket
    looked_at: float
    tokens: int = 0
    until: float = 0.0
    uses: int = 0
    per_s: float = 0.0
    filled: bool = False  # kept filled: the bucket is busy
    known: bool = False  # shared state knows of a hold
    dry: bool = False  # a call found it empty

    def has(self, now: float) -> bool:
        """Whether a call may be answered from it."""
        return self.tokens > 0 and now < self.until

    def busy(self, now: float) -> bool:
        """Whether it is worth filling."""
        if now - self.looked_at > WINDOW_S:
            self.uses, self.looked_at = 0, now
        return self.uses >= BUSY_PER_S * WINDOW_S

    def fill(self, now: float) -> None:
        """From here on it is kept filled."""
        self.per_s, self.filled = self.uses / WINDOW_S, True
        self.uses, self.looked_at = 0, now

    def wish(self, now: float) -> Wish | None:
        """What to say to shared state now; None when there is nothing to say any more."""
        ahead_s = min(MOST_AHEAD_S, max(AHEAD_S, LOOKS * (now - self.looked_at)))
        self._smooth(now)
        target = min(most_of(self.bucket), math.floor(self.per_s * ahead_s))
        if target < LEAST:
            target = 0
        if now >= self.until:
            self.tokens = 0
        # Twice as much as is needed is kept: uses come unevenly.
        back = self.tokens - target if self.tokens > 2 * target else 0
        self.tokens -= back
        want = max(0, target - self.tokens)
        if not (want or back or self.tokens or self.known):
            return None
        self.known = bool(want or self.tokens)
        return Wish(self.bucket, self.tokens, back, want)

    def receive(self, granted: int, sent: float, now: float) -> None:
        """Take the tokens that a wish *sent* then was granted."""
        self.tokens = granted + (self.tokens if now < self.until else 0)
        self.until = sent + TRUSTED_S

    def _smooth(self, now: float) -> None:
        passed_s = now - self.looked_at
        if passed_s > 0:
            weight = 1 - math.exp(-passed_s / SMOOTH_S)
            self.per_s += weight * (self.uses / passed_s - self.per_s)
            self.uses, self.looked_at = 0, now
        if self.dry:
            # Calls that had to ask were slow: with tokens in hand there would have been more of them.
            self.per_s, self.dry = min(2 * self.per_s, most_of(self.bucket) / AHEAD_S), False
