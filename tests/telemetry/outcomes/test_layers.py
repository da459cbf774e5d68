import time

import pytest

from telemetry.outcomes.layers import failure_of, layer_of
from telemetry.semconv import Outcome
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts
from tests.telemetry.outcomes.corpus import GROUP, INNOCENT, LANGCHAIN, NODE, OPENINFERENCE_JS, TOLD, TRACEBACK


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
        ("Exception", LANGCHAIN.format("ValueError('no such order')", "ValueError: no such order"), "ValueError"),
        ("", LANGCHAIN.format("17", "crm.NoSuchOrder: 17"), "crm.NoSuchOrder"),
        ("", OPENINFERENCE_JS, "Error"),
        ("Error", "RangeError: no such order\n" + NODE, "RangeError"),
        ("crm.OrderError", "Error: no such order\n" + NODE, "crm.OrderError"),
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


SAID = "the kiln is cold"
LONG = TRACEBACK + '  File "a.py", line 1, in f\n    f()\n' * 2_000
CUT = LANGCHAIN.format(f"KilnError('{SAID}')", "")[:150]
DOTNET = "\n   at Kiln.Oven.Heat(Int32 c) in C:\\Oven.cs:line 3"
STACKS = {
    "LangChain, a repr": (
        LANGCHAIN.format(f"RuntimeError('{SAID}')", f"RuntimeError: {SAID}"),
        f"RuntimeError: {SAID}",
    ),
    "LangChain, words": (LANGCHAIN.format(SAID, f"app.KilnError: {SAID}"), f"app.KilnError: {SAID}"),
    "LangChain, long words": (LANGCHAIN.format("x" * 50_000, f"KilnError: {SAID}"), f"KilnError: {SAID}"),
    "cut off": (CUT, f"KilnError('{SAID}')"),
    "cut off behind its mark": (
        f"KilnError('{SAID}')Traceback (most recent call last):",
        f"KilnError('{SAID}')",
    ),
    "a long stack": (LONG + f"KilnError: {SAID}", f"KilnError: {SAID}"),
    "OpenInference in JavaScript": (OPENINFERENCE_JS, SAID),
    "JavaScript": (f"Error: {SAID}\n{NODE}", SAID),
    "JavaScript without a class": (f"{SAID}\n{NODE}", SAID),
    "a browser": (f"Uncaught KilnError: {SAID}\n    at https://kiln.test/app.js:3:14", SAID),
    "Java": (f"java.lang.IllegalStateException: {SAID}\n\tat com.kiln.Oven.heat(Oven.java:31)", SAID),
    ".NET": (f"Unhandled exception. Kiln.OvenException: {SAID}{DOTNET}", SAID),
    "JavaScript, evaluated": (f"Error: {SAID}\n    at eval (eval at x (/a.js:1:1), <anonymous>:1:1)", SAID),
    "JavaScript, all at once": (f"Error: {SAID}\n    at async Promise.all (index 0)\n{NODE}", SAID),
    "Firefox": (f"{SAID}\nheat@https://kiln.test/app.js:3:14\n@https://kiln.test/app.js:9:1", SAID),
    "Windows": (f"Error: {SAID}\r\n    at f (C:\\app\\kiln.js:3:14)\r\n    at g (C:\\a.js:1:1)\r\n", SAID),
    "one line": (
        f'KilnError: {SAID} Traceback (most recent call last):   File "a.py", line 1, in f     f()',
        f"KilnError: {SAID}",
    ),
    "Go": (f"panic: {SAID}\n\ngoroutine 1 [running]:\nmain.heat()\n\t/app/main.go:7 +0x1d", SAID),
}
WHOLE = [
    "Meetings of today:\n  at noon (Friday)\n  at 12:30:15\n  at the kiln",
    "Meetings of today:\nat noon (10:30)\nat one (12:15:30)\nat 12:30:15\nat kiln.test",
    "Guests:\njane@home\n@jane said 1:2:3",
    "the log has no line 'Traceback (most recent call last)' in it",
    "the kiln is cold: Traceback (most recent call last): see the log",
    "Error: the kiln is cold\nError: the kiln is cold",
    "no such order\nwe are open at Main.street (from 9)",
]


@pytest.mark.parametrize(("message", "words"), STACKS.values(), ids=STACKS)
def test_a_stack_is_kept_apart_from_what_the_message_says(message, words):
    row = call(status_message=message)
    assert row.error_message == words
    assert row.attributes["exception.stacktrace"].startswith(message[:40])


@pytest.mark.parametrize("message", WHOLE)
def test_what_only_looks_like_a_stack_stays_in_the_message(message):
    row = call(status_message=message)
    assert row.error_message == message
    assert "exception.stacktrace" not in row.attributes


def test_failures_of_other_words_are_other_groups_though_their_stacks_are_one():
    words = ("the kiln is cold", "disk full", "no such order")
    told = [
        call(status_message=LANGCHAIN.format(f"RuntimeError('{said}')", f"RuntimeError: {said}")) for said in words
    ]
    assert len({row.fingerprint for row in told}) == len(words)


def test_a_recorded_exception_says_what_a_stack_that_was_cut_off_does_not():
    recorded = {"exception.type": "RuntimeError", "exception.message": SAID}
    row = call(status_message=TRACEBACK, events=[("exception", 10**18, recorded)])
    assert (row.error_type, row.error_message) == ("RuntimeError", SAID)
    assert call(status_message=TRACEBACK).error_message == TRACEBACK.strip()


@pytest.mark.parametrize("named", ["unknown", "_OTHER", "Exception"])
def test_a_type_that_says_nothing_gives_way_to_that_of_the_recorded_exception(named):
    event = ("exception", 10**18, {"exception.type": "TimeoutError", "exception.message": SAID})
    attributes = {"gen_ai.operation.name": "execute_tool", "error.type": named}
    ids = {"trace_id": 1, "span_id": 1, "name": "execute_tool crm", "start_ns": 10**18, "end_ns": 10**18}
    row = row_from_facts(SpanFacts(**ids, status=2, attributes=attributes, events=[event]), 1000)
    assert (row.error_type, row.outcome) == ("TimeoutError", "timeout")


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
        "x" * 9 + "Traceback (most recent call last):" + "\n" * 39_000,
        "Traceback (most recent call last)" * 1_200,
        "x\n at " + " (:1" * 9_000,
        "x\n" + " at a.b(" * 5_000,
        "x\n" + "\t" * 39_000 + "at a",
        "x\n" + "at a (" + "./" * 19_000,
        "x\n" + "at ./:1" * 5_000,
        "x\n" + "a@a://:1" * 4_500,
        "a: \n" * 9_000 + "    at f (/a.js:1:1)",
    ],
    ids=lambda message: message[-9:],
)
def test_no_message_takes_long(message):
    started = time.process_time()
    failure_of("", message)
    layer_of("", message)
    assert time.process_time() - started < 0.1
