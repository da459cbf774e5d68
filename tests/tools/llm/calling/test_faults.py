"""Every fault that the lab can play, by every adapter, whole and streamed: for the caller and on the span."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from salesboost.lab import FAULTS
from tests.tools.llm.models import MODELS, ask, asked, deployment, said
from tools.llm.adapters.errors import ModelError
from tools.llm.transcript import Text

# What comes of each: "!" and the kind of the error, or how many calls can be run, how many could not be read, and
# whether there is a text.
USUAL = {
    "!rate_limit": "rate_limited rate_limited_silently quota error_on_200",
    "!overloaded": "overloaded overloaded_stream error_in_list no_provider overloaded_at_once",
    "!server": "server_error bad_gateway failed_response finish_error provider_down",
    "!unreadable": "html cut_json no_candidates",
    "!authentication": "wrong_key",
    "!permission": "forbidden wrong_place",
    "!credit": "no_credit no_credit_forbidden",
    "!unknown_model": "unknown_model",
    "!context": "context_too_long too_large",
    "!policy": "content_filter refusal safety recitation prompt_blocked",
    "!invalid": "invalid_request schema_refused orphan_call_refused same_ids_refused",
    "!broken_stream": "closed_connection cut_stream",
    "!timeout": "silence stalled_stream silent_stream silent_thinking gateway_timeout",
    "!capability": """
        tools_refused_on_chat effort_refused reasoning_lost reasoning_of_another signature_missing
        signature_corrupted signature_refused prefix_refused forced_tool_refused
    """,
    "!malformed_call": """
        malformed_call malformed_call_empty malformed_call_signed malformed_call_beside unexpected_tool_call
        tool_use_failed_prose tool_use_failed_empty json_validate_failed
    """,
    "1 call": """
        json_in_content python_tag pythonic qwen_xml hermes_tag single_quotes unquoted_keys trailing_comma
        python_literals encoded_values encoded_twice doubled_arguments empty_arguments nested_arguments
        duplicate_ids reused_id long_id parallel_wrapper wrong_model empty_id missing_id arguments_object
        two_finishes no_finish finish_stop_with_calls no_choices no_usage no_done uncompleted_stream
        wrapped_arguments string_arguments no_arguments first_bytes_dropped invalid_arguments populated_start
        no_signature redacted_thinking no_message_stop no_id no_args tool_use_failed_tag
        tool_use_failed_half_tag tool_use_failed_fenced tool_use_failed_stream called_though_none
        not_called_though_required invented_tool_refused no_reasoning error_chunk comments_only details_lost
    """,
    "1 call, text": "text_before_call",
    "2 calls": "same_index",
    "1 unread": "cut_arguments cut_arguments_silently invented_tool dotted_name unknown_tool cut_before_arguments",
    "text": "finish_null refusal_after_text pause_turn server_tool_use context_window_full code_execution",
    "nothing": "nothing_said thought_only thinking_only empty_answer thoughts_used_all",
}
OUTCOMES = {fault: outcome for outcome, faults in USUAL.items() for fault in faults.split()}
# Where a stream shows what an answer in one piece does not, or the reverse; and what one interface does not have.
STREAMED = {
    **dict.fromkeys(
        ("no_finish", "finish_null", "no_choices", "comments_only", "uncompleted_stream"), "!broken_stream"
    ),
    **dict.fromkeys(("first_bytes_dropped", "invalid_arguments"), "1 unread"),
    "no_candidates": "!broken_stream",
    "error_chunk": "!server",
}
WHOLE = {"no_choices": "!server", "overloaded_stream": "!broken_stream", "overloaded_at_once": "!broken_stream"}
# These say it well in one piece.
NOT_STREAMED = {(name, "overloaded_stream"): "1 call" for name in ("openai chat", "openai responses", "xai")}
# What a fault comes to by an interface that does not have what it is about.
RESPONSES = ("openai responses", "xai")
NOT_HERE = {
    **{(name, fault): "1 call" for name in RESPONSES for fault in ("no_finish", "no_choices")},
    **{(name, "finish_null"): "text" for name in RESPONSES},
    ("openai chat", "failed_response"): "1 call",
    ("openai chat", "uncompleted_stream"): "1 call",
}
QUIET = ("silence", "stalled_stream", "silent_stream", "silent_thinking")
CASES = [
    (name, fault, stream)
    for name, (provider, *_) in MODELS.items()
    for fault in FAULTS[provider]
    for stream in (False, True)
]


def expected(name, fault, stream):
    by_form = (STREAMED if stream else WHOLE).get(fault)
    alone = NOT_HERE.get((name, fault)) or (NOT_STREAMED.get((name, fault)) if not stream else None)
    return alone or by_form or OUTCOMES[fault]


def outcome(answer):
    counts = Counter("unread" if call.problem else "call" for call in calls_of(answer))
    told = [f"{n} {kind}{'s' * (n > 1 and kind == 'call')}" for kind, n in sorted(counts.items())]
    has_text = any(isinstance(part, Text) for part in answer.parts)
    return ", ".join([*told, *(["text"] if has_text else [])]) or "nothing"


def calls_of(answer):
    return [part for part in answer.parts if hasattr(part, "problem")]


@pytest.mark.parametrize(("name", "fault", "stream"), CASES)
async def test_a_fault_is_the_same_to_the_caller_and_on_the_span(lab, model_client, recorded, name, fault, stream):
    where = deployment(lab, name)
    if fault in QUIET:
        where = replace(where, timeout_s=0.2, first_token_timeout_s=0.2)
    lab.fail(fault, vendor=where.provider)
    try:
        answer, _ = await said(model_client, where, ask(where, asked(), stream=stream))
        came = outcome(answer)
    except ModelError as error:
        came = f"!{error.kind}"
        assert str(error).endswith(".") and "\n" not in str(error) and where.key not in str(error)
    assert came == expected(name, fault, stream)
    (span,) = recorded.get_finished_spans()
    assert span.attributes["gen_ai.operation.name"] == "chat"
    if came.startswith("!"):
        assert span.attributes["error.type"] == came[1:] and not span.status.is_ok
    else:
        assert "error.type" not in span.attributes
        (message,) = json.loads(span.attributes["gen_ai.output.messages"])
        named = [part["name"] for part in message["parts"] if part["type"] == "tool_call"]
        assert len(named) == len(calls_of(answer))


def test_each_fault_of_the_lab_has_its_outcome():
    known = {fault for faults in FAULTS.values() for fault in faults}
    assert known - OUTCOMES.keys() == set() and OUTCOMES.keys() - known == set()


async def test_a_stream_that_does_not_even_begin_takes_no_longer_than_its_first_token_may(lab, model_client):
    """The whole answer would have a minute."""
    where = replace(deployment(lab, "openai chat"), timeout_s=60.0, first_token_timeout_s=0.2)
    lab.fail("silence", vendor=where.provider)
    with pytest.raises(ModelError, match=r"did not answer within 0\.2 s") as failed:
        await said(model_client, where, ask(where, asked(), stream=True))
    assert failed.value.kind == "timeout"
