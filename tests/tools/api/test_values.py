"""How many values a body of REST may hold: what is honest is read, what would hold up everybody is refused."""

import json

import pytest

from tools.jobs.bodies import JobBody, read_lines, read_table
from tools.jobs.submission import MAX_ITEMS
from tools.llm.answers import ExecuteTextBody
from tools.web.bodies import MOST_VALUES, ExecuteBody, ExecuteParallelBody, parse
from tools.web.problem import BodyTooLarge

ARGUMENTS = {f"argument_{number}": number for number in range(10)}
HONEST = {
    "a list of numbers": (ExecuteBody, {"tool": "t", "payload": {"numbers": list(range(15_000))}}),
    "a table in a text": (ExecuteBody, {"tool": "t", "payload": {"csv": "1,2,[3],{4}\n" * 100_000}}),
    "JSON in a text": (ExecuteTextBody, {"text": json.dumps([{"a": [1, 2]}] * 40_000)}),
    "calls side by side": (
        ExecuteParallelBody,
        {"calls": [{"tool": "t", "payload": {"rows": [ARGUMENTS] * 30}} for _ in range(100)]},
    ),
    "a job": (JobBody, {"calls": [{"tool": "t", "payload": ARGUMENTS}] * 10_000}),
}


def most_of(model):
    return getattr(model, "MOST_VALUES", MOST_VALUES)


@pytest.mark.parametrize(("model", "content"), HONEST.values(), ids=HONEST)
def test_honest_bodies_are_read(model, content):
    assert parse(json.dumps(content).encode(), most_of(model)) == content


@pytest.mark.parametrize("element", [b"[]", b"{}", b"1", b'"a"', b'{"a":1}'])
@pytest.mark.parametrize("model", [ExecuteBody, ExecuteTextBody, ExecuteParallelBody, JobBody])
def test_two_megabytes_of_small_values_are_refused(model, element):
    body = b'{"calls":[' + element + (b"," + element) * (1_900_000 // (len(element) + 1)) + b"]}"
    with pytest.raises(BodyTooLarge, match=f"more than {most_of(model):,} values"):
        parse(body, most_of(model))


def test_of_lines_and_rows_beyond_what_a_job_takes_one_is_read_so_that_it_is_told():
    assert len(read_lines("{}\n" * 500_000, "t")) == MAX_ITEMS + 1
    assert len(read_table("a\n" + "1\n" * 500_000, "t")) == MAX_ITEMS + 1
    assert len(read_lines("\n\n{}\n" * MAX_ITEMS, "t")) == MAX_ITEMS
