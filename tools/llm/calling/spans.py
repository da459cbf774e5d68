"""What a span of a model call says, in the words of the GenAI conventions."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.trace import Span, Status, StatusCode

from telemetry import semconv
from tools.llm.adapters.base import Answer, Ask, Wire
from tools.llm.adapters.errors import ModelError
from tools.llm.calling.deployment import Deployment
from tools.llm.calling.encoding import encoded
from tools.llm.transcript import Call, Image, Message, Part, Reasoning, Result, Text

MAX_MESSAGES_CHARS = 16_000
MAX_WORD_CHARS = 200  # of what vendors say in one word


def before(deployment: Deployment, ask: Ask, session_id: str) -> dict[str, Any]:
    """What is known before the model is asked."""
    attributes: dict[str, Any] = {
        semconv.OPERATION_NAME: semconv.OPERATION_CHAT,
        semconv.PROVIDER_NAME: deployment.provider_name,
        semconv.REQUEST_MODEL: deployment.model,
        semconv.DEPLOYMENT: deployment.name,
        semconv.API: ask.can.api,
        semconv.REQUEST_MAX_TOKENS: ask.max_output_tokens,
        semconv.INPUT_MESSAGES: written(input_messages(ask)),
    }
    if session_id:
        attributes[semconv.CONVERSATION_ID] = session_id
    if prompt := ask.prompt:
        attributes |= {
            semconv.PROMPT_NAME: prompt.name,
            semconv.PROMPT_VERSION: f"{prompt.name}@{prompt.version}",
            semconv.PROMPT_VARIANT: prompt.variant,
            semconv.PROMPT_SHA256: prompt.sha256,
            semconv.ROUTE_RUNG: ask.rung or prompt.variant.rpartition("/")[2],
        }
    if given := ask.given:
        attributes |= {
            semconv.EXPERIMENT_NAME: ", ".join(each.experiment for each in given),
            semconv.EXPERIMENT_RUN: ", ".join(each.run_name for each in given),
            semconv.EXPERIMENT_ARM: ", ".join(each.arm_label for each in given),
        }
    return attributes


def record_request(span: Span, wire: Wire) -> None:
    """What is sent otherwise than it was asked."""
    if wire.changes:
        span.set_attribute(semconv.REQUEST_CHANGES, list(wire.changes))
    if wire.stripped:
        span.set_attribute(semconv.OPAQUE_STRIPPED, wire.stripped)


def record_answer(span: Span, answer: Answer) -> None:
    attributes: dict[str, Any] = {
        semconv.FINISH_REASONS: [answer.finish[:MAX_WORD_CHARS]],
        semconv.OUTPUT_MESSAGES: written(
            [message_of("assistant", answer.parts) | {"finish_reason": answer.finish}]
        ),
    }
    if answer.model:
        attributes[semconv.RESPONSE_MODEL] = answer.model[:MAX_WORD_CHARS]
    if answer.response_id:
        attributes[semconv.RESPONSE_ID] = answer.response_id[:MAX_WORD_CHARS]
    if answer.cost_usd is not None:
        attributes[semconv.BILLED_USD] = float(answer.cost_usd)
    if usage := answer.usage:
        attributes |= {
            semconv.INPUT_TOKENS: usage.input_tokens,
            semconv.OUTPUT_TOKENS: usage.output_tokens,
            semconv.CACHE_READ_TOKENS: usage.cache_read_tokens,
            semconv.CACHE_WRITE_TOKENS: usage.cache_write_tokens,
            semconv.REASONING_TOKENS: usage.reasoning_tokens,
        }
    span.set_attributes(attributes)


def record_error(span: Span, error: ModelError) -> None:
    span.set_attributes({semconv.ERROR_TYPE: error.kind.value, semconv.ERROR_MESSAGE: str(error)})
    span.set_status(Status(StatusCode.ERROR, str(error)))


def input_messages(ask: Ask) -> list[dict[str, Any]]:
    """What the model is asked, of a long conversation the end."""
    system = [{"role": "system", "parts": [{"type": "text", "content": ask.system}]}] if ask.system else []
    return [*system, *(message_of(message.role.value, message.parts) for message in last_turn(ask))]


def last_turn(ask: Ask) -> Sequence[Message]:
    return next(reversed(ask.transcript.turns()), ())


def message_of(role: str, parts: Sequence[Part]) -> dict[str, Any]:
    return {"role": role, "parts": [shown for part in parts if (shown := part_of(part))]}


def part_of(part: Part) -> Mapping[str, Any] | None:
    match part:
        case Text(text):
            return {"type": "text", "content": text[:MAX_MESSAGES_CHARS]}
        case Reasoning(text):
            return {"type": "reasoning", "content": text[:MAX_MESSAGES_CHARS]}
        case Image():
            return {"type": "blob", "mime_type": part.media_type, "modality": "image"}
        case Call():
            return {"type": "tool_call", "id": part.call_id, "name": part.name, "arguments": part.arguments}
        case Result():
            return {
                "type": "tool_call_response",
                "id": part.call_id,
                "response": part.content[:MAX_MESSAGES_CHARS],
            }
    return None


def written(messages: Sequence[Mapping[str, Any]]) -> str:
    """*messages* as JSON; where they are long, without the first of them."""
    kept: list[str] = []
    left = MAX_MESSAGES_CHARS
    for message in reversed(messages):
        text = encoded(message).decode()
        left -= len(text)
        if kept and left < 0:
            break
        kept.append(text)
    return f"[{','.join(reversed(kept))}]"
