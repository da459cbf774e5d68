"""How an attempt is told on the span of its call: as an event, never as a span, so that nothing counts twice."""

from opentelemetry import trace

from telemetry import semconv


def record_attempt(number: int, took_s: float, *, delay_s: float = 0.0, error: str = "", hedge: str = "") -> None:
    """Attempt *number* took *took_s*, after a wait of *delay_s*, and ended with the code *error* or well.

    *hedge* is ``first`` or ``second`` where two of the same number ran beside each other.
    """
    attributes: dict[str, str | int | float] = {
        semconv.ATTEMPT_NUMBER: number,
        semconv.ATTEMPT_DURATION_MS: round(took_s * 1000, 3),
        semconv.ATTEMPT_DELAY_MS: round(delay_s * 1000, 3),
    }
    if error:
        attributes[semconv.ATTEMPT_ERROR] = error
    if hedge:
        attributes[semconv.ATTEMPT_HEDGE] = hedge
    trace.get_current_span().add_event(semconv.EVENT_ATTEMPT, attributes)
