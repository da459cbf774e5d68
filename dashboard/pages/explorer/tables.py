"""The list of what a search found. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.addresses import query_terms
from dashboard.pages.explorer.questions import Question
from dashboard.wording.formats import caller_name, dollars
from dashboard.wording.states import State, outcome_state
from telemetry.models import Span

STATUSES = (State("no status", "unsure"), State("ok", "good"), State("error", "bad"))


@dataclass(frozen=True, slots=True)
class Row:
    """A span of the list. ``bar`` is its duration in percent of the longest, ``session`` asks for its session."""

    span: Span
    state: State
    title: str
    caller: str
    bar: float
    tokens: int | None
    cost: str
    session: str


def rows_of(spans: Sequence[Span], question: Question) -> list[Row]:
    longest = max((span.duration_ms for span in spans), default=0.0) or 1.0
    return [
        Row(
            span=span,
            state=state_of(span),
            title=span.tool or span.name,
            caller=caller_name(span.provider, span.model) if span.provider or span.model else "",
            bar=max(100 * span.duration_ms / longest, 1.0),
            tokens=tokens_of(span),
            cost=cost_of(span),
            session=question.narrowed(query_terms.term("session", span.session_id)).query()
            if span.session_id
            else "",
        )
        for span in spans
    ]


def columns(rows: Sequence[Row]) -> dict[str, bool]:
    """Which of the columns that may be blank have anything to say on this page."""
    return {
        "caller": any(row.caller for row in rows),
        "role": any(row.span.caller_role for row in rows),
        "session": any(row.session for row in rows),
        "tokens": any(row.tokens is not None for row in rows),
        "cost": any(row.cost for row in rows),
        "error": any(row.span.error_message or row.span.error_type for row in rows),
    }


def state_of(span: Span) -> State:
    """How a tool call ended; of any other span, its status."""
    return outcome_state(span.outcome) if span.outcome else STATUSES[span.status]


def tokens_of(span: Span) -> int | None:
    """Input and output tokens; None where neither is known."""
    known = [count for count in (span.input_tokens, span.output_tokens) if count is not None]
    return sum(known) if known else None


def cost_of(span: Span) -> str:
    """What it cost; ``unpriced`` where its tokens have no known price, nothing where it used none."""
    if span.cost_usd is not None:
        return dollars(span.cost_usd)
    return "" if tokens_of(span) is None else "unpriced"
