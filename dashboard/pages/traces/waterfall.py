"""A tree of spans as the rows of a waterfall, with attempts, waits and marks in place. Pure.

Places are percentages of the trace's time, so that they fit any width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.pages.traces.marks import Mark, marks_of, state_of
from dashboard.pages.traces.spans import Attempt
from dashboard.pages.traces.tree import CYCLE, ORPHAN, Node, Tree
from dashboard.pages.traces.visible_spans import MOST, chosen
from dashboard.wording import formats
from dashboard.wording.states import State

LEAST_WIDTH = 0.25  # what can still be seen
# Browsers stop nesting elements at some hundred; deeper spans fold with the last one that folds.
DEEPEST_FOLD = 60
DEEPEST_INDENT = 14
TICKS = 4
# The words beside a bar want this much of the width.
ROOM_TO, GAP = 68.0, 0.8
TROUBLES = {ORPHAN: "parent missing", CYCLE: "circle of parents"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a span's bar. ``kind``: run or ground (whole), good, bad, hedge (tries), wait, queue, first."""

    kind: str
    left: float
    width: float
    words: str = ""

    @property
    def is_hatched(self) -> bool:
        """Waiting is hatched, working is plain."""
        return self.kind in ("wait", "queue")


@dataclass(slots=True)
class Row:
    """One drawn span. ``opens`` begins a fold that holds the rows below it; ``closes`` folds end after it."""

    node: Node
    bars: Sequence[Bar]
    marks: Sequence[Mark]
    left: float
    right: float
    opens: bool = False
    closes: int = 0

    @property
    def depth(self) -> int:
        return self.node.depth

    @property
    def closing(self) -> range:
        return range(self.closes)

    @property
    def state(self) -> State | None:
        """How it ended, where that was not well and no mark says so: what is healthy is not labelled."""
        state = state_of(self.node.span)
        is_said = any(mark.word == state.word for mark in self.marks)
        return state if (self.node.span.failed or self.node.span.refused) and not is_said else None

    @property
    def trouble(self) -> str:
        """What is odd about its place."""
        if self.node.moved:
            return f"clock off by {formats.span_of(abs(self.node.shift_ns) / 1e9)}"
        return TROUBLES.get(self.node.trouble, "")

    @property
    def label_at(self) -> float:
        """Where the words beside its bar stand, in percent; ``anchor`` says which end of them."""
        if self.right <= ROOM_TO:
            return self.right + GAP
        return self.left - GAP if self.left >= 100 - ROOM_TO else self.right - GAP

    @property
    def anchor(self) -> str:
        return "start" if self.right <= ROOM_TO else "end"

    @property
    def inside(self) -> bool:
        """There is room for the words in the bar alone."""
        return self.right > ROOM_TO and self.left < 100 - ROOM_TO

    @property
    def words(self) -> str:
        """The bar in words, for who does not see it."""
        pieces = [bar.words for bar in self.bars if bar.words]
        begins = formats.ms(self.node.span.duration_ms)
        return "; ".join([begins, *(mark.word for mark in self.marks), *pieces])

    @property
    def indent(self) -> int:
        return min(self.node.depth, DEEPEST_INDENT)

    @property
    def tone(self) -> str:
        """``bad``, ``warn`` (refused), ``cache`` or ``plain``: the colour of its bar."""
        span = self.node.span
        if span.failed:
            return "bad"
        if span.refused:
            return "warn"
        return "cache" if any(mark.kind == "cache" for mark in self.marks) else "plain"


@dataclass(slots=True)
class Fold:
    """Spans that are not drawn: how many, how many of them failed, and the place of the first of them."""

    count: int
    failed: int
    first: int
    depth: int
    opens: bool = False
    closes: int = 0

    @property
    def closing(self) -> range:
        return range(self.closes)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Rows and folds in tree order, and the times (ms since the start) that its scale names."""

    rows: Sequence[Row | Fold]
    ticks: Sequence[tuple[float, float]]  # place in percent, ms
    drawn: int
    total: int


@dataclass(frozen=True, slots=True)
class Scale:
    """Nanoseconds to percent of the trace."""

    start_ns: int
    length_ns: int

    def place(self, start_ns: int, end_ns: int) -> tuple[float, float]:
        """``(left, width)``, both within 0 and 100 and their sum too; never too thin to be seen."""
        left = self._percent(start_ns)
        width = max(self._percent(end_ns) - left, LEAST_WIDTH)
        return min(left, 100 - width), width

    def _percent(self, at_ns: int) -> float:
        return min(max((at_ns - self.start_ns) / self.length_ns * 100, 0.0), 100.0)


def scale_of(tree: Tree) -> Scale:
    return Scale(tree.start_ns, max(tree.duration_ns, 1))


def waterfall(tree: Tree, *, first: int = 0, selected: int | None = None, most: int = MOST) -> Waterfall:
    """The rows of *tree*: *most* from the place *first* on, all errors, and the span *selected*."""
    scale = scale_of(tree)
    is_drawn = chosen(tree.nodes, first=first, selected=selected, most=most)
    rows = list(_rows(tree.nodes, is_drawn, scale))
    _nest(rows)
    return Waterfall(
        rows=rows,
        ticks=[(100 * at / TICKS, tree.duration_ns / 1e6 * at / TICKS) for at in range(TICKS + 1)],
        drawn=sum(is_drawn),
        total=len(tree.nodes),
    )


def bars_of(node: Node, scale: Scale) -> list[Bar]:
    """The bar of a span: the whole of it, and in it the wait in the queue, each attempt and the wait before it."""
    span = node.span
    bars = [Bar("ground" if span.attempts else "run", *scale.place(node.start_ns, node.end_ns))]
    began_ns = node.end_ns  # when the first attempt, or the wait for it, began
    for attempt, start_ns, end_ns in _attempts(node):
        if attempt.delay_ns:
            bars.append(
                _piece(node, scale, "wait", start_ns - attempt.delay_ns, start_ns, "waited before the next try")
            )
        kind = "bad" if attempt.error else "hedge" if attempt.is_second else "good"
        words = (
            f"attempt {attempt.number}{' (hedge)' if attempt.is_second else ''}: {attempt.error or 'succeeded'}"
        )
        bars.append(_piece(node, scale, kind, start_ns, end_ns, words))
        began_ns = min(began_ns, start_ns - attempt.delay_ns)
    if span.queue_wait_ns:
        queued_from = max(began_ns - span.queue_wait_ns, node.start_ns) if span.attempts else node.start_ns
        bars.append(
            _piece(node, scale, "queue", queued_from, queued_from + span.queue_wait_ns, "waited for its turn")
        )
    if 0 < span.first_chunk_ns < span.duration_ns:
        until = node.start_ns + span.first_chunk_ns
        bars.append(_piece(node, scale, "first", node.start_ns, until, "until the first chunk came"))
    return bars


def _piece(node: Node, scale: Scale, kind: str, start_ns: int, end_ns: int, words: str) -> Bar:
    """A part of the span's time, never outside it whatever was recorded."""
    start_ns = min(max(start_ns, node.start_ns), node.end_ns)
    end_ns = min(max(end_ns, start_ns), node.end_ns)
    took_ms = (end_ns - start_ns) / 1e6
    return Bar(kind, *scale.place(start_ns, end_ns), words=f"{words}, {took_ms:,.1f}\u202fms")


def _attempts(node: Node) -> Iterator[tuple[Attempt, int, int]]:
    """Each attempt with when it began and ended; one without a time follows the one before."""
    previous_end = node.start_ns
    for attempt in node.span.attempts:
        if attempt.end_ns:
            end_ns = attempt.end_ns + node.shift_ns
            start_ns = end_ns - attempt.duration_ns
        else:
            start_ns = previous_end + attempt.delay_ns
            end_ns = start_ns + attempt.duration_ns
        yield attempt, start_ns, end_ns
        previous_end = end_ns


def _rows(nodes: Sequence[Node], is_drawn: Sequence[bool], scale: Scale) -> Iterator[Row | Fold]:
    fold: Fold | None = None
    for place, (node, drawn) in enumerate(zip(nodes, is_drawn, strict=True)):
        if not drawn:
            fold = fold or Fold(0, 0, place, node.depth)
            fold.count += 1
            fold.failed += node.span.failed
            continue
        if fold:
            yield fold
            fold = None
        left, width = scale.place(node.start_ns, node.end_ns)
        yield Row(node, bars_of(node, scale), marks_of(node.span), left, left + width)
    if fold:
        yield fold


def _nest(rows: Sequence[Row | Fold]) -> None:
    """Say at which rows folds begin and end: a row folds all that is drawn below it."""
    open_depths: list[int] = []
    for place, row in enumerate(rows):
        following = rows[place + 1].depth if place + 1 < len(rows) else -1
        row.opens = isinstance(row, Row) and following > row.depth and len(open_depths) < DEEPEST_FOLD
        if row.opens:
            open_depths.append(row.depth)
        while open_depths and open_depths[-1] >= following:
            open_depths.pop()
            row.closes += 1
