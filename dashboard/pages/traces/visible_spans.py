"""Which spans of a big trace are drawn: some in tree order, every failed one, and what stands above them. Pure."""

from collections.abc import Sequence

from dashboard.pages.traces.tree import Node, ancestors

MOST = 1_000
# A trace of nothing but errors is cut too; the fold then says how many more failed.
MOST_ERRORS = 1_000


def chosen(nodes: Sequence[Node], *, first: int = 0, selected: int | None = None, most: int = MOST) -> list[bool]:
    """For each of *nodes* (in tree order) whether it is drawn.

    Drawn are *most* of them from the place *first* on, failed ones wherever they are, and the span *selected* with
    all above it.
    """
    first = min(max(first, 0), max(len(nodes) - most, 0))
    failed, seen = 0, set()
    for place, node in enumerate(nodes):
        inside = first <= place < first + most
        if not inside and node.span.failed and failed < MOST_ERRORS:
            failed, inside = failed + 1, True
        if inside or node.span.span_id == selected:
            seen.add(id(node))
        if node.span.span_id == selected:
            seen.update(map(id, ancestors(node)))
    return [id(node) in seen for node in nodes]
