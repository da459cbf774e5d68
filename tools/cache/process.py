"""The nearest level: results that this process has seen, found without waiting for anybody."""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

from tools.state.base import ALL_RESULTS, tag_of_tool

MAX_RESULTS = 2_000
MAX_BYTES = 32_000_000
# Drops that are remembered. A result that took so long that as many came in between is not kept.
MAX_DROPS = 1_000


@dataclass(frozen=True, slots=True)
class Near:
    """A result; ``ends_at`` is by the clock of the process, and not after Valkey's copy is stale."""

    tool: str
    value: bytes
    ends_at: float
    tags: tuple[str, ...] = ()


class ProcessResults:
    """The last read at the end. Bounded by number and bytes; used by the event loops of several threads.

    ``drop`` hears of everything that is dropped in any process (``SharedState.hear_dropped``).
    """

    def __init__(
        self, clock: Callable[[], float], *, max_results: int = MAX_RESULTS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._clock = clock
        self._max_results = max_results
        self._max_bytes = max_bytes
        self._near: OrderedDict[str, Near] = OrderedDict()
        self._drops: OrderedDict[str, int] = OrderedDict()
        self._forgotten_drop = 0
        self._lock = Lock()
        self.drops = 0  # how many there were; what a reading call notes when it begins
        self.size_bytes = 0

    def get(self, key: str) -> Near | None:
        """The result, if its time is not over."""
        if key not in self._near:
            return None
        with self._lock:
            near = self._near.get(key)
            if near is None:
                return None
            if near.ends_at <= self._clock():
                self._remove(key)
                return None
            self._near.move_to_end(key)
            return near

    def keep(self, key: str, near: Near, since: int) -> None:
        """Keep *near*, which began to be read at *since* drops, unless it was dropped meanwhile."""
        size = len(near.value)
        if size > self._max_bytes // 8:
            return
        with self._lock:
            if self._dropped_since(since, (ALL_RESULTS, tag_of_tool(near.tool), *near.tags)):
                return
            self._remove(key)
            self._near[key] = near
            self.size_bytes += size
            while len(self._near) > self._max_results or self.size_bytes > self._max_bytes:
                self._remove(next(iter(self._near)))

    def drop(self, tag: str) -> None:
        """Forget the results with *tag*."""
        with self._lock:
            self.drops += 1
            self._drops[tag] = self.drops
            self._drops.move_to_end(tag)
            if len(self._drops) > MAX_DROPS:
                _, self._forgotten_drop = self._drops.popitem(last=False)
            for key in [key for key, near in self._near.items() if _has(near, tag)]:
                self._remove(key)

    def __len__(self) -> int:
        return len(self._near)

    def _dropped_since(self, since: int, tags: Iterable[str]) -> bool:
        if since == self.drops:
            return False
        return self._forgotten_drop > since or any(self._drops.get(tag, -math.inf) > since for tag in tags)

    def _remove(self, key: str) -> None:
        near = self._near.pop(key, None)
        if near is not None:
            self.size_bytes -= len(near.value)


def _has(near: Near, tag: str) -> bool:
    return tag == ALL_RESULTS or tag == tag_of_tool(near.tool) or tag in near.tags
