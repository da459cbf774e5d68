import time

import pytest

from telemetry.facts import SpanFacts
from telemetry.failing.layers import failure_of, layer_of
from telemetry.rows import row_from_facts
from telemetry.semconv import Outcome
from tests.telemetry.failing.corpus import GROUP, INNOCENT, NODE, TOLD, TRACEBACK


@pytest.mark.parametrize(("error_type", "message", "layer"), TOLD)
def test_what_real_packages_say_tells_the_layer(error_type, message, layer):
    assert layer_of(error_type, message) == layer


@pytest.mark.parametrize(("error_type", "message"), INNOCENT)
def test_the_same_words_in_another_sense_are_a_fault_of_the_tool(error_type, message):
    assert layer_of(error_type, message) == Outcome.TOOL_BUG


def test_the_corpora_are_as_large_as_they_should_be():
    assert len(TOLD) >= 60
    assert len(INNOCENT) >= 60


@pytest.mark.parametrize(
    ("error_type", "message", "found"),
    [
        ("", "ValueError: no such order", "ValueError"),
        ("_OTHER", "ValueError: no such order", "ValueError"),
        ("builtins.ValueError", "no such order", "ValueError"),
        ("ValueError", "no such order", "ValueError"),
        ("", "ValueError('no such order')", "ValueError"),
        ("", "Error executing tool crm: ValueError: no such order", "ValueError"),
        ("", TRACEBACK + "ValueError: no such order", "ValueError"),
        ("", GROUP, "httpx.ConnectError"),
        ("", "TypeError [ERR_INVALID_ARG_TYPE]: The path must be a string\n" + NODE, "TypeError"),
        ("", "java.lang.IllegalStateException: closed\n\tat Pool.get", "java.lang.IllegalStateException"),
        ("crm.OrderError", "ValueError: no such order", "crm.OrderError"),
        ("", "no such order", ""),
        ("", "Note: the Error: was seen before", ""),
    ],
)
def test_the_class_that_a_message_begins_with_is_the_type_where_none_is_given(error_type, message, found):
    assert failure_of(error_type, message).error_type == found


def test_of_a_traceback_the_exception_is_the_message_over_all_its_lines():
    raised = "pydantic_core.ValidationError: 1 validation error for Order\nid\n  Field required [type=missing]"
    assert failure_of("", TRACEBACK + raised).message == raised
    assert failure_of("", "no such order\n" + NODE).message == "no such order\n" + NODE


def call(**changes):
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm"}
    ids = {"trace_id": 1, "span_id": 1, "name": "execute_tool crm", "start_ns": 10**18, "end_ns": 10**18}
    return row_from_facts(SpanFacts(**ids, status=2, attributes=attributes, **changes), 1000)


def test_the_same_failure_has_one_type_layer_and_message_whoever_tells_of_it():
    told = call(status_message=TRACEBACK + "KeyError: 'http_method'")
    recorded = {"exception.type": "KeyError", "exception.message": "'http_method'"}
    event = call(status_message="KeyError: 'http_method'", events=[("exception", 10**18, recorded)])
    assert (told.error_type, told.outcome, told.error_message) == (
        "KeyError",
        "tool_bug",
        "KeyError: 'http_method'",
    )
    assert (event.error_type, event.outcome, event.error_message) == (
        told.error_type,
        "tool_bug",
        told.error_message,
    )
    assert event.fingerprint == told.fingerprint


def test_a_traceback_that_stands_nowhere_else_is_kept_as_the_stack():
    message = TRACEBACK + "KeyError: 'price'"
    assert call(status_message=message).attributes["exception.stacktrace"] == message
    event = [("exception", 10**18, {"exception.type": "KeyError", "exception.stacktrace": message})]
    assert "exception.stacktrace" not in call(status_message=message, events=event).attributes
    assert "exception.stacktrace" not in call(status_message="no such order").attributes


@pytest.mark.parametrize(
    "message",
    [
        "Traceback (most recent call last):" + "\n" * 39_000,
        "Traceback (most recent call last):\n" + "A" * 39_000,
        "Traceback (most recent call last):\n" + "A.a" * 13_000,
        "Exception Group Traceback (most recent call last):\n" + "| " * 19_000 + "-" * 3,
        "Error: " * 5_000,
        "[" * 39_000,
        "{'type': " * 4_000,
        "connection to server " * 1_900,
        "circuit " * 5_000,
        "status " * 5_000,
    ],
    ids=lambda message: message[-9:],
)
def test_no_message_takes_long(message):
    started = time.process_time()
    failure_of("", message)
    layer_of("", message)
    assert time.process_time() - started < 0.1
