import pytest

from telemetry.outcomes import failures
from telemetry.semconv import Outcome
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts


def call(status=0, message="", **attributes):
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    facts = SpanFacts(
        trace_id=1,
        span_id=1,
        name="execute_tool crm",
        start_ns=10**18,
        end_ns=10**18,
        status=status,
        status_message=message,
        attributes={"gen_ai.operation.name": "execute_tool", **named},
    )
    return row_from_facts(facts, 1000)


@pytest.mark.parametrize(
    ("error_type", "outcome"),
    [
        ("tool_error", Outcome.RETURNED_FAILURE),
        ("TimeoutError", Outcome.TIMEOUT),
        ("httpx.ReadTimeout", Outcome.TIMEOUT),
        ("504", Outcome.TIMEOUT),
        ("pydantic_core.ValidationError", Outcome.ARGUMENTS),
        ("invalid_params", Outcome.ARGUMENTS),
        ("PermissionError", Outcome.AUTHORIZATION),
        ("CircuitBreakerOpen", Outcome.BREAKER),
        ("openai.RateLimitError", Outcome.PROVIDER),
        ("429", Outcome.PROVIDER),
        ("503", Outcome.PROVIDER),
        ("httpx.ConnectError", Outcome.PROVIDER),
        ("KeyError", Outcome.TOOL_BUG),
        ("_OTHER", Outcome.TOOL_BUG),
    ],
)
def test_the_type_of_an_error_tells_the_layer(error_type, outcome):
    assert call(status=2, error__type=error_type).outcome == outcome


def test_the_message_tells_the_layer_where_the_type_does_not():
    assert call(status=2, message="upstream request timed out", error__type="_OTHER").outcome == Outcome.TIMEOUT


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ('{"isError": true, "content": [{"type": "text", "text": "no such customer"}]}', "no such customer"),
        ('{"success": false, "error": "out of stock"}', "out of stock"),
        ("{'success': False, 'error': 'out of stock'}", "out of stock"),
        ('{"success": false, "items": [1, 2, ', "the tool returned a failure"),
    ],
)
def test_a_failure_recorded_as_ok_is_a_failure(result, message):
    row = call(status=1, gen_ai__tool__call__result=result)
    assert (row.outcome, row.status, row.error_type) == (Outcome.RETURNED_FAILURE, 2, "tool_error")
    assert row.error_message == message


@pytest.mark.parametrize(
    "result",
    ['{"success": true}', '{"items": [{"success": false}]}', "success", '{"isError": false}', '["success"]', ""],
)
def test_a_result_that_tells_of_no_failure_is_a_success(result):
    assert failures.returned_failure(result) is None
    assert call(gen_ai__tool__call__result=result).outcome == Outcome.FIRST_TRY


def test_our_own_word_is_taken():
    assert call(status=2, salesboost__outcome="rate_limit").outcome == Outcome.RATE_LIMIT


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [({"salesboost__cache": "hit"}, Outcome.FROM_CACHE), ({"salesboost__attempts": 2}, Outcome.AFTER_RETRY)],
)
def test_a_success_stands_on_its_rung(attributes, outcome):
    assert call(**attributes).outcome == outcome
