"""What a question becomes before it is written: pictures as the model takes them, no more than it takes."""

from dataclasses import replace

from opentelemetry.trace import Span

from telemetry import semconv
from tools.llm.adapters.base import Answer, Ask
from tools.llm.counting.cutting import Cut, cut
from tools.llm.counting.learning import Counts
from tools.llm.images.sending import sendable
from tools.llm.transcript import Opaque

# No instructions and tools are written like that.
TO_AN_END = "the end of a conversation"


async def prepared(span: Span, ask: Ask, counts: Counts) -> Cut:
    """*ask* as it can be sent; *span* tells what stays behind. Raises ModelError where it cannot be made so."""
    if ask.can.vision:  # else its adapter refuses pictures, and they need not be drawn
        transcript, not_shown = await sendable(ask.transcript, ask.origin.provider)
        ask = replace(ask, transcript=transcript)
        if not_shown:
            span.set_attribute(semconv.PICTURES_LEFT_OUT, not_shown)
    made = cut(ask, counts)
    if made.left_out:
        span.set_attribute(semconv.MESSAGES_LEFT_OUT, made.left_out)
    span.set_attribute(semconv.INPUT_TOKENS_ESTIMATED, made.estimate.tokens)
    return made


def bound_to(sent: Cut, answer: Answer) -> Answer:
    """*answer*; where only the end of a conversation was *sent*, its thoughts hold for no longer one."""
    if not sent.left_out:
        return answer
    parts = [replace(part, bound_to=TO_AN_END) if isinstance(part, Opaque) else part for part in answer.parts]
    return replace(answer, parts=tuple(parts))
