"""The spans of a trace as a tree. Pure; takes whatever arrives and holds each span exactly once.

Spans come from many processes and in any order. A span whose parent did not arrive is a root of its own; a circle
of parents is cut at its earliest span; a span that begins before its parent (their clocks differ) is moved, with
all below it, the least that makes it fit. Nothing here recurses: a trace may be thousands of spans deep.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from dashboard.pages.traces.spans import KIND_SERVER, TraceSpan

ORPHAN, CYCLE = "orphan", "cycle"


@dataclass(slots=True, eq=False)
class Node:
    """A span in its place. ``trouble`` says why it is a root where it names a parent."""

    span: TraceSpan
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    depth: int = 0
    trouble: str = ""
    shift_ns: int = 0
    moved: bool = False  # its own clock is off, not only that of a span above

    @property
    def start_ns(self) -> int:
        return self.span.start_ns + self.shift_ns

    @property
    def end_ns(self) -> int:
        return self.span.end_ns + self.shift_ns


@dataclass(frozen=True, slots=True)
class Tree:
    """All nodes in tree order (a parent before its children, siblings by their start), and the time they span."""

    nodes: Sequence[Node]
    start_ns: int
    end_ns: int

    @property
    def roots(self) -> list[Node]:
        return [node for node in self.nodes if node.parent is None]

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns

    @property
    def duration_ms(self) -> float:
        return self.duration_ns / 1e6

    def find(self, span_id: int | None) -> Node | None:
        return next((node for node in self.nodes if node.span.span_id == span_id), None)


def build(spans: Iterable[TraceSpan]) -> Tree:
    """The tree of *spans*, which may be empty, incomplete or wrong in any way."""
    nodes = [Node(span) for span in sorted(spans, key=lambda span: (span.start_ns, span.span_id))]
    _join(nodes)
    _cut_cycles(nodes)
    ordered = list(_in_order([node for node in nodes if node.parent is None]))
    for node in ordered:
        _settle(node)
    return Tree(
        nodes=ordered,
        start_ns=min((node.start_ns for node in ordered), default=0),
        end_ns=max((node.end_ns for node in ordered), default=0),
    )


def ancestors(node: Node) -> Iterator[Node]:
    """The spans above *node*, the nearest first."""
    while node.parent is not None:
        node = node.parent
        yield node


def _join(nodes: Sequence[Node]) -> None:
    by_id: dict[int, Node] = {}
    for node in nodes:
        by_id.setdefault(node.span.span_id, node)  # two spans with one id: children belong to the earlier
    for node in nodes:
        parent_id = node.span.parent_id
        if parent_id is None:
            continue
        parent = by_id.get(parent_id)
        if parent is None:
            node.trouble = ORPHAN
        elif parent is node:
            node.trouble = CYCLE
        else:
            node.parent = parent
            parent.children.append(node)


def _cut_cycles(nodes: Sequence[Node]) -> None:
    """Make a root of the earliest span of each circle."""
    reached = {id(node) for node in _in_order([node for node in nodes if node.parent is None])}
    for node in nodes:
        if id(node) in reached:
            continue
        root = min(_circle_above(node), key=lambda each: (each.span.start_ns, each.span.span_id))
        if root.parent is not None:
            root.parent.children.remove(root)
        root.parent, root.trouble = None, CYCLE
        reached.update(id(each) for each in _in_order([root]))


def _circle_above(node: Node) -> list[Node]:
    """The circle that the parents of *node*, which no root reaches, lead into."""
    met: dict[int, Node] = {}
    while id(node) not in met:
        met[id(node)] = node
        assert node.parent is not None, "a root reaches itself"
        node = node.parent
    path = list(met.values())
    return path[path.index(node) :]


def _in_order(roots: Sequence[Node]) -> Iterator[Node]:
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _settle(node: Node) -> None:
    """Give *node*, whose parent is settled, its depth and its place in time."""
    parent = node.parent
    if parent is None:
        return
    node.depth = parent.depth + 1
    node.shift_ns = parent.shift_ns
    if node.start_ns < parent.start_ns:
        _move(node, parent.start_ns - node.start_ns)
    elif node.span.kind == KIND_SERVER and node.start_ns > parent.end_ns:
        # A request is not served after its caller had the answer; a queue's consumer may well run later.
        _move(node, max(parent.start_ns, parent.end_ns - node.span.duration_ns) - node.start_ns)


def _move(node: Node, by_ns: int) -> None:
    node.shift_ns += by_ns
    node.moved = True
