"""A tree of spans as a flame graph: time to the right, depth downwards, parallel spans below each other. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.pages.traces.spans import TraceSpan
from dashboard.pages.traces.tree import Tree
from dashboard.pages.traces.visible_spans import MOST, chosen
from dashboard.pages.traces.waterfall import scale_of

MOST_LEVELS = 60
LEVEL_PX = 22


@dataclass(frozen=True, slots=True)
class Box:
    """One span, in percent of the trace's time, on its level (0 on top)."""

    span: TraceSpan
    level: int
    left: float
    width: float

    @property
    def top(self) -> int:
        return self.level * LEVEL_PX

    @property
    def tone(self) -> str:
        if self.span.failed:
            return "bad"
        if self.span.refused:
            return "warn"
        return "call" if self.span.is_call else "model" if self.span.model else "plain"


@dataclass(frozen=True, slots=True)
class Flame:
    boxes: Sequence[Box]
    levels: int
    left_out: int

    @property
    def height(self) -> int:
        return self.levels * LEVEL_PX


class Lane:
    """The times that are taken on one level."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, start_ns: int, end_ns: int) -> bool:
        """Take that time, if no part of it is taken."""
        at = bisect_left(self._starts, start_ns)
        if (at and self._ends[at - 1] > start_ns) or (at < len(self._starts) and self._starts[at] < end_ns):
            return False
        self._starts.insert(at, start_ns)
        self._ends.insert(at, end_ns)
        return True


def flame(tree: Tree, *, selected: int | None = None, most: int = MOST) -> Flame:
    """The boxes of *tree*: of a big one the first *most*, all errors and the span *selected*."""
    scale = scale_of(tree)
    lanes = [Lane() for _ in range(MOST_LEVELS)]
    levels: dict[int, int] = {}
    boxes = []
    for node, drawn in zip(tree.nodes, chosen(tree.nodes, selected=selected, most=most), strict=True):
        above = levels.get(id(node.parent), -1) if node.parent else -1
        end_ns = max(node.end_ns, node.start_ns + 1)
        free = (at for at in range(above + 1, MOST_LEVELS) if lanes[at].take(node.start_ns, end_ns))
        level = next(free, None) if drawn else None
        levels[id(node)] = above if level is None else level
        if level is not None:
            boxes.append(Box(node.span, level, *scale.place(node.start_ns, node.end_ns)))
    return Flame(
        boxes=boxes,
        levels=max((box.level for box in boxes), default=-1) + 1,
        left_out=len(tree.nodes) - len(boxes),
    )
