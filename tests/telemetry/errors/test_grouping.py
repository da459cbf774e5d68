import pytest

from telemetry import semconv as sc
from telemetry.errors.fingerprint import fingerprint
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts


def row(status=2, status_message="", **attributes):
    facts = SpanFacts(
        trace_id=1,
        span_id=1,
        name="execute_tool crm",
        start_ns=1_700_000_000_000_000_000,
        end_ns=1_700_000_001_000_000_000,
        status=status,
        status_message=status_message,
        attributes={name.replace("__", "."): value for name, value in attributes.items()},
    )
    return row_from_facts(facts, 1000)


def ours(outcome, **more):
    known = {
        sc.OUTCOME: outcome,
        sc.TOOL_NAME: "crm",
        sc.ERROR_TYPE: "invalid_arguments",
        sc.ERROR_MESSAGE: "argument 'id' is missing.",
    }
    return row(**known | more)


def test_a_failed_call_has_the_fingerprint_of_its_tool_layer_type_and_message():
    expected = fingerprint("crm", "arguments", "invalid_arguments", "argument 'id' is missing.")
    assert ours("arguments").fingerprint == expected


@pytest.mark.parametrize("outcome", ["first_try", "from_cache", "rate_limit", "authorization"])
def test_a_success_or_a_refusal_has_none(outcome):
    assert ours(outcome).fingerprint is None


def test_any_span_with_the_status_error_has_one():
    assert row(status_message="boom").fingerprint == fingerprint("execute_tool crm", "", "", "boom")
    assert row(status=1).fingerprint is None


def test_violations_of_our_executor_are_kept_in_the_words_of_the_map():
    found = ours("arguments", **{sc.VIOLATIONS: ("id: missing", "lines.0.sku: string_type")})
    assert found.attributes[sc.VIOLATIONS] == ["id: missing", "lines[].sku: type"]


def test_violations_of_other_applications_are_read_out_of_the_message():
    found = row(
        status_message="1 validation error for Lead\nphone\n  Field required [type=missing, input_value={}]",
        **{"openinference.span.kind": "TOOL", "tool.name": "crm"},
    )
    assert (found.outcome, found.attributes[sc.VIOLATIONS]) == ("arguments", ["phone: missing"])


def test_a_call_that_failed_elsewhere_keeps_no_violations_from_its_message():
    assert sc.VIOLATIONS not in ours("timeout").attributes
