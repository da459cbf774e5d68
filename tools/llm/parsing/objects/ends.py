"""How an answer ended, in each provider's words: whether its model was let go on to the end of what it wrote."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

from tools.llm.parsing.parsed import ProblemKind


class End(Enum):
    """How an answer ended."""

    ORDERLY = "orderly"
    SPENT = "spent"  # its length or its time
    STOPPED = "stopped"  # by a filter, or by the model itself
    FAILED = "failed"  # the provider says that the answer is none


# One table for all providers and the gateways before them, in small letters with "_" between the words.
_TABLE: dict[End, str] = {
    End.ORDERLY: """
        stop stopped stop_sequence stop_sequences stop_token end end_turn eos eos_token eos_found end_of_text
        endoftext end_of_sequence end_of_turn complete completed finish finished done success
        tool tools tool_call tool_calls tool_use tool_uses function_call function_calls pause_turn
        unspecified finish_reason_unspecified block_reason_unspecified unknown none null load unload
    """,
    End.SPENT: """
        length max_length max_len model_length context_length total_length output_length
        max_token max_tokens max_tokens_reached max_output max_output_token max_output_tokens max_new_tokens
        max_completion_tokens token_limit tokens_limit token_limit_reached output_token_limit
        context_window context_window_exceeded model_context_window_exceeded context_length_exceeded
        model_context_length_exceeded context_limit error_limit incomplete in_progress queued not_finished
        time_limit timeout timed_out max_time insufficient_system_resource compaction abort aborted
    """,
    End.STOPPED: """
        content_filter content_filtered content_filtering content_filter_error filter filtered content_blocked
        content_policy content_policy_violation content_moderation moderation flagged refusal refused safety
        recitation blocklist blocked prohibited_content spii language other sensitive sensitive_content
        image_safety image_prohibited_content image_recitation image_other no_image model_armor jailbreak
        guardrail guardrails guardrail_intervened guardrail_blocked guardrails_intervened toxic error_toxic
    """,
    End.FAILED: """
        error failed failure cancel cancelled canceled user_cancel network_error server_error internal_error
        malformed_function_call malformed_tool_call malformed_tool_use malformed_model_output malformed_response
        invalid_function_call invalid_tool_call unexpected_tool_call unexpected_function_call too_many_tool_calls
        missing_thought_signature
    """,
}
_ENDS = {word: end for end, words in _TABLE.items() for word in words.split()}
_WORDS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason")
_BETWEEN = re.compile(r"[\s-]+|(?<=[a-z])(?=[A-Z])")
_KINDS = {End.SPENT: ProblemKind.TRUNCATED, End.STOPPED: ProblemKind.PROVIDER_FAILED}


def reason_of(answer: Mapping[str, Any]) -> str:
    """Why *answer* ended, in its provider's word; '' where it does not say."""
    inner = answer.get("response_metadata")  # LangChain
    for place in (answer, inner if isinstance(inner, Mapping) else {}):
        for word in _WORDS:
            said = place.get(word)
            if isinstance(said, Mapping):  # the AI SDK's, with the provider's own word beside it
                said = said.get("unified")
            if isinstance(said, str):
                return said
    return ""


def end_of(reason: str) -> End:
    """The end that *reason* stands for. One that is not known is none to trust: the length may be spent."""
    if not reason.strip():
        return End.ORDERLY
    # As enums of libraries are written: FinishReason.MAX_TOKENS, FINISH_REASON_SAFETY.
    word = _BETWEEN.sub("_", reason.strip().rpartition(".")[2]).lower()
    return _ENDS.get(word) or _ENDS.get(word.removeprefix("finish_reason_")) or End.SPENT


def stopped(reason: str) -> ProblemKind | None:
    """What it makes of a call without arguments that the answer ended for that *reason*; None: nothing."""
    return _KINDS.get(end_of(reason))


def is_failure(reason: str) -> bool:
    """True where nothing of the answer may be run, whatever it holds."""
    return end_of(reason) is End.FAILED
