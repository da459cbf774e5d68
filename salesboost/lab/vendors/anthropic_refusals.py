"""Refusals of Anthropic that can be ordered, for clients that have to know them apart."""

from salesboost.lab.faults import Fault
from salesboost.lab.vendors.anthropic_thinking import ELSEWHERE
from salesboost.lab.vendors.signing import digest


def refusing(says: str, words: str) -> Fault:
    """A refusal in the vendor's words, whatever was asked."""
    error = {"type": "invalid_request_error", "message": words}
    body = {"type": "error", "error": error, "request_id": f"req_011C{digest(words)}"}
    return Fault(says=f"400: {says}", status=400, body=body)


REFUSALS: dict[str, Fault] = {
    "signature_refused": refusing(
        "the signature of a thought is another model's",
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    "prefix_refused": refusing(
        "a thought is of a conversation that was edited meanwhile", f"messages.1.content.0: {ELSEWHERE}"
    ),
    "forced_tool_refused": refusing(
        "the model takes no forced tool", 'tool_choice: type "tool" and "any" are not supported for this model.'
    ),
    "effort_refused": refusing(
        "the model has no such effort",
        "This model does not support effort level 'xhigh'. Supported levels: low, medium, high, max.",
    ),
    "orphan_call_refused": refusing(
        "a call in the history has no result",
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01A. Each "
        "`tool_use` block must have a corresponding `tool_result` block in the next message.",
    ),
    "same_ids_refused": refusing(
        "two calls in the history have the same id", "messages: `tool_use` ids must be unique"
    ),
}
