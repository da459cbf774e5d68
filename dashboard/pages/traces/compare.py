"""Two traces side by side: which span of one is which of the other, and what differs between them. Pure.

Spans are matched from the roots down: below two that match, children of the same kind and name in the same order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dashboard.pages.traces.messages import pretty
from dashboard.pages.traces.spans import TraceSpan
from dashboard.pages.traces.tree import Node, Tree
from dashboard.pages.traces.waterfall import DEEPEST_INDENT
from dashboard.wording import formats
from dashboard.wording.formats import dollars
from dashboard.wording.states import outcome_state

# Matching takes the square of it in time.
MOST = 1_000
# Slower or faster by less than both of these is noise.
NOTABLE_MS = 5.0
NOTABLE_SHARE = 0.2
WORDS = ("model", "provider", "prompt_version", "service", "error_type")


@dataclass(frozen=True, slots=True)
class Difference:
    """What was one thing on the left and another on the right."""

    what: str
    left: str
    right: str
    tone: str = "plain"  # "bad": worse on the right, "good": better

    @property
    def is_long(self) -> bool:
        return "\n" in self.left + self.right or len(self.left) + len(self.right) > 80


@dataclass(frozen=True, slots=True)
class Pair:
    """A span of both traces, or of one alone (the other is None)."""

    left: TraceSpan | None
    right: TraceSpan | None
    depth: int
    differences: Sequence[Difference] = ()

    @property
    def either(self) -> TraceSpan:
        span = self.left or self.right
        assert span is not None
        return span

    @property
    def indent(self) -> int:
        return min(self.depth, DEEPEST_INDENT)

    @property
    def tone(self) -> str:
        """``bad`` where something got worse, ``warn`` where something changed, ``unsure`` where nothing did."""
        if any(difference.tone == "bad" for difference in self.differences):
            return "bad"
        return "unsure" if self.word == "same" else "warn"

    @property
    def word(self) -> str:
        """``same``, ``differs``, ``only left`` or ``only right``."""
        if self.left is None:
            return "only right"
        if self.right is None:
            return "only left"
        return "differs" if self.differences else "same"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``pairs`` in tree order, and how many there are of each word; ``left_out`` spans are not compared."""

    pairs: Sequence[Pair]
    counts: Mapping[str, int]
    left_out: int

    @property
    def has_lone(self) -> bool:
        return bool(self.counts["only left"] or self.counts["only right"])


Texts = Mapping[int, str]


def compare(left: Tree, right: Tree, arguments: tuple[Texts, Texts] = ({}, {})) -> Comparison:
    """*left* against *right*, each its first MOST spans; *arguments* of their calls by span id."""
    pairs = list(_pairs(left, right, arguments))
    counts = {
        word: sum(pair.word == word for pair in pairs) for word in ("same", "differs", "only left", "only right")
    }
    return Comparison(
        pairs=pairs,
        counts=counts,
        left_out=sum(max(len(tree.nodes) - MOST, 0) for tree in (left, right)),
    )


def _pairs(left: Tree, right: Tree, arguments: tuple[Texts, Texts]) -> Iterator[Pair]:
    inside = [{id(node) for node in tree.nodes[:MOST]} for tree in (left, right)]

    def known(nodes: Sequence[Node], side: int) -> list[Node]:
        return [node for node in nodes if id(node) in inside[side]]

    roots = known(left.roots, 0), known(right.roots, 1)
    # The whole of one trace is like the whole of the other, whatever they are called.
    single = len(roots[0]) == len(roots[1]) == 1
    waiting = [(roots[0][0], roots[1][0])] if single else _matched(*roots)[::-1]
    while waiting:
        one, other = waiting.pop()
        depth = max(node.depth for node in (one, other) if node)
        a, b = (node.span if node else None for node in (one, other))
        yield Pair(a, b, depth, _differences(a, b, arguments) if a and b else ())
        below = _matched(known(one.children if one else (), 0), known(other.children if other else (), 1))
        waiting += below[::-1]


def _matched(left: Sequence[Node], right: Sequence[Node]) -> list[tuple[Node | None, Node | None]]:
    """*left* and *right* in one order; what has no like is alone."""
    keys, other_keys = ([_key(node.span) for node in nodes] for nodes in (left, right))
    found: list[tuple[Node | None, Node | None]] = []
    for word, a, b, c, d in SequenceMatcher(None, keys, other_keys, autojunk=False).get_opcodes():
        if word == "equal":
            found += zip(left[a:b], right[c:d], strict=True)
        else:
            found += [(node, None) for node in left[a:b]] + [(None, node) for node in right[c:d]]
    return found


def _key(span: TraceSpan) -> tuple[str, str]:
    """What makes two spans like each other; a model's span is named after the model, which may have changed."""
    if span.model and not span.is_call:
        return span.operation, span.agent
    return span.operation, span.tool or span.agent or span.name


def _differences(left: TraceSpan, right: TraceSpan, arguments: tuple[Texts, Texts]) -> list[Difference]:
    found = []
    if left.outcome != right.outcome or left.failed != right.failed:
        tone = "plain" if left.failed == right.failed else "bad" if right.failed else "good"
        found.append(Difference("outcome", _ending(left), _ending(right), tone))
    found += [
        Difference(
            word.replace("_", " "), getattr(left, word) or formats.NONE, getattr(right, word) or formats.NONE
        )
        for word in WORDS
        if getattr(left, word) != getattr(right, word)
    ]
    found += _numeric(left, right)
    texts = [pretty(side.get(span.span_id, "")) for side, span in zip(arguments, (left, right), strict=True)]
    if texts[0] != texts[1]:
        found.append(Difference("arguments", texts[0] or formats.NONE, texts[1] or formats.NONE))
    return found


def _numeric(left: TraceSpan, right: TraceSpan) -> Iterator[Difference]:
    slower_ms = right.duration_ms - left.duration_ms
    least = max(NOTABLE_MS, NOTABLE_SHARE * min(left.duration_ms, right.duration_ms))
    if abs(slower_ms) >= least:
        tone = "bad" if slower_ms > 0 else "good"
        yield Difference("duration", formats.ms(left.duration_ms), formats.ms(right.duration_ms), tone)
    if left.attempts_made != right.attempts_made:
        tone = "bad" if right.attempts_made > left.attempts_made else "good"
        yield Difference("attempts", str(left.attempts_made), str(right.attempts_made), tone)
    if left.tokens != right.tokens:
        yield Difference("tokens", formats.count(left.tokens), formats.count(right.tokens))
    if left.cost_usd != right.cost_usd:
        yield Difference("cost", _cost(left), _cost(right))


def _cost(span: TraceSpan) -> str:
    return (
        "unpriced" if span.is_unpriced else dollars(span.cost_usd) if span.cost_usd is not None else formats.NONE
    )


def _ending(span: TraceSpan) -> str:
    if span.outcome:
        return outcome_state(span.outcome).word
    return "error" if span.failed else "ok"
