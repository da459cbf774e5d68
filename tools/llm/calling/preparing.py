"""What a question becomes before it is written: pictures as the model takes them, no more than it takes."""

from dataclasses import replace

from opentelemetry.trace import Span

from telemetry import semconv
from tools.llm.adapters.base import Answer, Ask
from tools.llm.counting import Counts
from tools.llm.counting.cutting import cut
from tools.llm.images.sending import sendable
from tools.llm.transcript import Opaque

# No instructions and tools are written like that.
TO_AN_END = "the end of a conversation"


async def prepared(span: Span, ask: Ask, counts: Counts) -> Ask:
    """*ask* as it can be sent; *span* tells what stays behind. Raises ModelError where it cannot be made so."""
    if ask.can.vision:  # else its adapter refuses pictures, and they need not be drawn
        transcript, not_shown = await sendable(ask.transcript, ask.origin.provider)
        ask = replace(ask, transcript=transcript)
        if not_shown:
            span.set_attribute(semconv.PICTURES_LEFT_OUT, not_shown)
    ask, left_out = cut(ask, counts)
    if left_out:
        span.set_attribute(semconv.MESSAGES_LEFT_OUT, left_out)
    span.set_attribute(semconv.INPUT_TOKENS_ESTIMATED, counts.whole(ask))
    return ask


def bound_to_what_was_sent(answer: Answer, sent: Ask, ask: Ask) -> Answer:
    """*answer*; where only the end of *ask* was *sent*, its thoughts hold for no longer conversation."""
    if len(sent.transcript) == len(ask.transcript):
        return answer
    parts = [replace(part, bound_to=TO_AN_END) if isinstance(part, Opaque) else part for part in answer.parts]
    return replace(answer, parts=tuple(parts))
