"""What a trace did, in words and in figures. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashboard.pages.traces.spans import TraceSpan
from dashboard.pages.traces.tree import Node, Tree
from dashboard.wording import formats
from dashboard.wording.states import State

NAMED = 3  # tools in the sentence
MODEL_OPERATIONS = frozenset({"chat", "generate_content", "text_completion"})


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and what they cost; ``unpriced`` counts the spans whose tokens have no known price."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    priced: int = 0
    unpriced: int = 0

    @property
    def told(self) -> bool:
        """Whether any span told its tokens."""
        return bool(self.priced or self.unpriced)

    @property
    def cost_words(self) -> str:
        """``$0.0123``, ``unpriced``, or both where only a part has a price; a dash without tokens."""
        if not self.priced:
            return "unpriced" if self.unpriced else formats.NONE
        rest = f" + {self.unpriced} unpriced" if self.unpriced else ""
        return f"{formats.dollars(self.cost_usd)}{rest}"


@dataclass(frozen=True, slots=True)
class Summary:
    """The head of a trace's page."""

    title: str
    service: str
    sentence: str
    state: State
    spans: int
    succeeded: int
    failed: int
    refused: int
    errors: int  # failed spans of any kind
    usage: Usage
    notes: Sequence[str]

    @property
    def calls(self) -> int:
        return self.succeeded + self.failed + self.refused


def summary(tree: Tree) -> Summary:
    """The head of *tree*, which has at least one span."""
    spans = [node.span for node in tree.nodes]
    root = next((node for node in tree.roots if not node.trouble), tree.nodes[0])
    succeeded, failed, refused = (
        sum(getattr(span, ending) for span in spans if span.is_call)
        for ending in ("succeeded", "failed", "refused")
    )
    errors = sum(span.failed for span in spans)
    return Summary(
        title=root.span.agent or root.span.label,
        service=root.span.service,
        sentence=_sentence(spans, failed),
        state=_state(root.span, spans, errors),
        spans=len(spans),
        succeeded=succeeded,
        failed=failed,
        refused=refused,
        errors=errors,
        usage=usage(tree.nodes),
        notes=_notes(tree),
    )


def usage(nodes: Sequence[Node]) -> Usage:
    """The tokens of *nodes* (in tree order): a span's own are left out where spans below it tell theirs.

    An agent's span often repeats the sum of the model calls below it.
    """
    told_below: set[int] = set()
    counted = []
    for node in reversed(nodes):
        if id(node) not in told_below and node.span.tokens is not None:
            counted.append(node.span)
        if node.parent and (node.span.tokens is not None or id(node) in told_below):
            told_below.add(id(node.parent))
    return usage_of(counted)


def usage_of(spans: Iterable[TraceSpan]) -> Usage:
    counted = list(spans)
    return Usage(
        input_tokens=sum(span.input_tokens or 0 for span in counted),
        output_tokens=sum(span.output_tokens or 0 for span in counted),
        cost_usd=sum((span.cost_usd for span in counted if span.cost_usd is not None), Decimal(0)),
        priced=sum(span.cost_usd is not None for span in counted),
        unpriced=sum(span.is_unpriced for span in counted),
    )


def _state(root: TraceSpan, spans: Sequence[TraceSpan], errors: int) -> State:
    """How it ended. A root that says nothing of a failure does not make up for calls none of which succeeded."""
    calls = [span for span in spans if span.is_call]
    worked = calls or [span for span in spans if span.operation in MODEL_OPERATIONS]
    failed, well = any(span.failed for span in worked), any(not (s.failed or s.refused) for s in worked)
    if root.failed or (failed and not well):
        return State("failed", "bad")
    if calls and not well and not errors:
        return State("refused", "warn")
    if errors:
        return State("ended well after errors" if errors > 1 else "ended well after an error", "warn")
    return State("refused", "warn") if root.refused else State("succeeded", "good")


def _sentence(spans: Sequence[TraceSpan], failed: int) -> str:
    """``Asked a model twice and made 6 tool calls (crm, sms and 3 more), 2 of which failed.``"""
    models = sum(span.operation in MODEL_OPERATIONS for span in spans)
    tools = Counter(span.tool for span in spans if span.is_call and span.tool)
    calls = sum(span.is_call for span in spans)
    parts = [f"asked a model {times(models)}"] if models else []
    if calls:
        names = ", ".join(name for name, _ in tools.most_common(NAMED))
        more = f" and {len(tools) - NAMED} more" if len(tools) > NAMED else ""
        ending = f", {failed} of which failed" if failed else ""
        parts.append(f"made {calls:,} tool call{_s(calls)} ({names}{more}){ending}")
    if not parts:
        return f"{len(spans):,} span{_s(len(spans))}, none of them a model's or a tool's."
    text = " and ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _notes(tree: Tree) -> list[str]:
    """What is odd about the spans, one sentence each."""
    orphans = sum(node.trouble == "orphan" for node in tree.nodes)
    cycles = sum(node.trouble == "cycle" for node in tree.nodes)
    moved = sum(node.moved for node in tree.nodes)
    notes = []
    if orphans:
        notes.append(f"{orphans} span{_s(orphans)} with a parent that is not here: it was not sent, or not kept.")
    if cycles:
        notes.append(f"{cycles} circle{_s(cycles)} of parents {'was' if cycles == 1 else 'were'} cut.")
    if moved:
        verb = "was" if moved == 1 else "were"
        notes.append(f"{moved} span{_s(moved)} {verb} moved to fit: the clocks of the senders differ.")
    return notes


def _s(count: int) -> str:
    return "" if count == 1 else "s"
