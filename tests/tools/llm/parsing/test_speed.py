"""No text takes longer than in proportion to its length."""
# ruff: noqa: E501 — its table is read by its lines

import sys
import time

import pytest

from tools.llm.parsing import parse_calls
from tools.llm.parsing.parsed import ProblemKind

F = '{"name": "f", "arguments": {"a": '
# What is written again and again; with a start, what comes before it.
REPEATED = [
    *'{[("\'\\<`~\n \0*}', '{"', "{'", "{a:", "{a:?", "{a:?}", '{["', "{[(", "\"'", '\\"', "“", "```", "```json\n{", "{#\n", "{/*",
    "<tool_call>", '<tool_call>{"name":"f",', F, "<tool_call>{a: b c}</tool_call>", "<tool_call>f", "<think>", "</think>",
    "<think></think>", "<think", "<function=f>", "<function=f>{", "<function=f>{}</function>", "{}</function>",
    "a" * 120 + '{"a":1}</function>', '<invoke name="f">', "<function=f><parameter=a>", "</parameter> ", '{"a":1,"b":"x"} ',
    '{"name":"f","arguments":{}}', '{"name":"zz","arguments":{}} ', '{"name":"f","arguments":{bad}}', '[{"a":1}] ', "[f(", "[f(x=1)] ",
    "f(x=1)\n", "\nAction: f", "\nAction: f\nAction Input: ", "\nAction: f\nAction Input: {", "\nThought: ", "\nObservation", "[TOOL_CALLS]",
    "[TOOL_CALLS]f[ARGS]{", "<｜tool▁call▁begin｜>", "<|channel|>commentary to=f <|message|>", "<|channel|>analysis<|message|>",
    "<tool_response>", "<arg_value>", "<tool_call>f<arg_key>a</arg_key><arg_value>", "The quick brown fox. ", "if (x) { y(z); }\n", "<a", "a.b(c=1) ",
    "<acme:tool_call>", "<a><b>[f(x=1)]</b></a>", "<|a|>[f(x=1)]", "TOOL_CALL: ", 'TOOL_CALL: {"tool_name":"f"}', '{"tool_name":"f"} ',
    '{"role":"user","content":"[f(x=1)]"} ', '{"error":{"message":"m"}} ', '{"a":"</think>"}',
]  # fmt: skip
AFTER_A_START = [
    (F + '"', 'x"'), (F + '"', "\n"), (F + '"', "\\n"), (F + '"', "\\d"), (F + '"', "\\u0041"), (F + '"', '" , '), (F + '"""', '""x'),
    (F + "[", "1,"), (F + "[", '"a",'), (F + "[", '{"a":1},'), (F + "[", '", '), (F, "["), (F, '{"a":'), (F, "1"), (F + "(" * 40, "1,"),
    (F, "//\n"), (F, "\0"), (F + "'", "it's "), ('{"name": "f", "arguments": "', '{\\"a\\":'), ('[f(x="', "a"), ("[f(x=[", "'a', "),
    ("<function=f><parameter=a>", "</parameter> "), ("<think>", "<think>"), ("<think>", "</thinking>"),
]  # fmt: skip
FAMILIES = [*(("", text) for text in REPEATED), *AFTER_A_START]


def text_of(family, length):
    start, again = family
    return start + again * (length // len(again))


def seconds(text):
    """Of this thread alone: other tests run beside it."""
    started = time.thread_time()
    parse_calls(text)
    return time.thread_time() - started


def steps(text):
    """How many functions are called, of Python's and of C's."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        parse_calls(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: repr("".join(family))[:40])
def test_twice_the_text_takes_at_most_twice_the_steps(family):
    once, twice = steps(text_of(family, 20_000)), steps(text_of(family, 40_000))
    assert twice <= 2.2 * once + 500


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: repr("".join(family))[:40])
def test_four_times_the_text_takes_about_four_times_as_long(family):
    short, long = (text_of(family, length) for length in (40_000, 160_000))
    once = min(seconds(short) for _ in range(2))
    four_times = min(seconds(long) for _ in range(2))
    assert four_times <= 9 * once + 0.02  # work that grew by the square would take sixteen times
    assert four_times < 1.0


@pytest.mark.parametrize("opener", ["[", '{"a":', "("])
def test_deep_nesting_is_a_problem_and_no_recursion_error(opener):
    parsed = parse_calls(F + opener * 100_000)
    assert not parsed.calls
    assert [problem.kind for problem in parsed.problems] == [ProblemKind.TOO_DEEP]


def test_a_text_of_nothing_but_starts_is_refused_whole():
    parsed = parse_calls('{"name":"f","arguments":{}} ' + "{a: b} " * 20_000)
    assert not parsed.calls
    assert [problem.kind for problem in parsed.problems] == [ProblemKind.TOO_MANY]
