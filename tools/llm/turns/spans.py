"""What the span of a turn says."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode, Tracer

from telemetry import semconv
from tools.errors import ToolError
from tools.llm.prompts.errors import PromptError
from tools.llm.turns.turn import Turn, TurnFailed


@contextmanager
def recorded(tracer: Tracer, route: str, agent: str, session_id: str) -> Iterator[Span]:
    """A span for what is done within, ended with it. It is not the current one: see ``within``."""
    name = semconv.span_name(semconv.AGENT_OPERATIONS[1], "", "", agent)
    attributes = {
        semconv.OPERATION_NAME: semconv.AGENT_OPERATIONS[1],
        semconv.AGENT_NAME: agent,
        semconv.ROUTE: route,
    }
    if session_id:
        attributes[semconv.CONVERSATION_ID] = session_id
    span = tracer.start_span(name, attributes=attributes)
    try:
        yield span
    except TurnFailed as error:
        span.set_attribute(semconv.ERROR_TYPE, error.kind.value)
        span.set_status(Status(StatusCode.ERROR, str(error)))
        summed(span, error.turn)
        raise
    except (ToolError, PromptError) as error:
        span.set_attribute(semconv.ERROR_TYPE, error.code if isinstance(error, ToolError) else "bad_prompt")
        span.set_status(Status(StatusCode.ERROR, str(error)))
        raise
    except BaseException as error:
        span.set_attribute(semconv.ERROR_TYPE, type(error).__name__)
        span.set_status(Status(StatusCode.ERROR, "The turn was given up."))
        raise
    finally:
        span.end()


@contextmanager
def within(span: Span) -> Iterator[None]:
    """Have spans that begin here stand below *span*. Nothing may be yielded to others meanwhile."""
    with trace.use_span(span, end_on_exit=False, record_exception=False, set_status_on_exception=False):
        yield


def trace_id_of(span: Span) -> str:
    """In hex; '' where nothing is recorded."""
    context = span.get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def summed(span: Span, turn: Turn) -> None:
    """What all rounds took: a sum, whose parts are on the spans below."""
    usages = [answer.usage for answer in turn.answers if answer.usage]
    span.set_attributes(
        {
            semconv.TURN_ROUNDS: len(turn.answers),
            semconv.TURN_ENDED_BY: turn.ended_by.value,
            semconv.INPUT_TOKENS: sum(usage.input_tokens for usage in usages),
            semconv.OUTPUT_TOKENS: sum(usage.output_tokens for usage in usages),
            semconv.USAGE_IS_A_SUM: True,
        }
    )
