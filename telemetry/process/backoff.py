"""When what failed may be tried again."""

import random
import time
from collections.abc import Callable


class Backoff:
    """After a failure *first_s*, after each further one twice as long, at most *most_s*; in seconds.

    Half of each wait is left to chance, so that processes which failed together do not come back together.
    """

    def __init__(
        self,
        first_s: float,
        most_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.failures = 0
        self._first_s, self._most_s = first_s, most_s
        self._clock, self._chance = clock, chance
        self._next_at = 0.0

    @property
    def wait_s(self) -> float:
        """How long until the next try; 0 when it may be made."""
        return max(0.0, self._next_at - self._clock()) if self.failures else 0.0

    def failed(self, least_s: float = 0.0) -> None:
        """Wait, *least_s* or longer."""
        longest_s = min(self._first_s * 2.0 ** min(self.failures, 30), self._most_s)
        self._next_at = self._clock() + max(longest_s * (1 + self._chance()) / 2, least_s)
        self.failures += 1

    def succeeded(self) -> None:
        self.failures = 0
