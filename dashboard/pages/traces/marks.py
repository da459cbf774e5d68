"""How a span ended and what happened to it besides: words with a shape, none told by colour alone. Pure."""

from dataclasses import dataclass

from dashboard.pages.traces.spans import STATUS_OK, TraceSpan
from dashboard.wording.states import State, outcome_state
from telemetry import semconv
from telemetry.semconv import Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """``kind`` names its style: ``cache``, ``breaker``, ``limit``, ``retry``, ``hedge`` or ``queue``."""

    kind: str
    shape: str
    word: str


CACHE_WORDS = {
    "hit": "cache hit",
    "stale": "stale cache hit",
    "joined": "joined an equal call",
    "semantic": "semantic hit",
}
REFUSALS = {
    Outcome.BREAKER: Mark("breaker", "⊘", "breaker open"),
    Outcome.RATE_LIMIT: Mark("limit", "◷", "rate limited"),
    Outcome.AUTHORIZATION: Mark("limit", "⊘", "not allowed"),
}
HALF_OPEN = Mark("breaker", "◐", "breaker half open")


def state_of(span: TraceSpan) -> State:
    """How a span ended: a call by its outcome, any other by its status."""
    if span.outcome:
        return outcome_state(span.outcome)
    if span.failed:
        return State("error", "bad")
    return State("ok", "good") if span.status == STATUS_OK else State("no status", "unsure")


def marks_of(span: TraceSpan) -> list[Mark]:
    """The marks of *span*, the most telling first."""
    found = []
    if span.outcome in REFUSALS:
        found.append(REFUSALS[Outcome(span.outcome)])
    elif span.breaker == "half_open":
        found.append(HALF_OPEN)
    if span.cache in semconv.ANSWERED_BY_CACHE or span.outcome == Outcome.FROM_CACHE:
        found.append(Mark("cache", "■", CACHE_WORDS.get(span.cache, "cache hit")))
    if any(attempt.is_second for attempt in span.attempts):
        found.append(Mark("hedge", "‖", "hedged"))
    if span.attempts_made > 1:
        found.append(Mark("retry", "↻", f"{span.attempts_made} attempts"))
    if span.outcome == Outcome.AFTER_FALLBACK:
        found.append(Mark("retry", "↷", "after fallback"))
    if span.queue_wait_ns:
        found.append(Mark("queue", "◷", "queued"))
    return found
