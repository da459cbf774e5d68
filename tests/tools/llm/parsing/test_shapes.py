"""Every shape of the table is read as it is meant."""

import re
from pathlib import Path

import pytest

from tests.tools.llm.parsing.renderings import SHAPES, XML_SHAPES
from tests.tools.llm.parsing.shape_table import ARGUMENTS, NOT_CALLS, TEXTS
from tests.tools.llm.parsing.test_messages import CALLS, NOTHING
from tests.tools.llm.parsing.test_speed import FAMILIES
from tools.llm.parsing import parse_calls

KNOWN = {"f", "g"}


def calls_of(parsed):
    return [(call.name, call.arguments) for call in parsed.calls]


@pytest.mark.parametrize("name", TEXTS)
def test_a_call_is_found(name):
    written, expected = TEXTS[name]
    parsed = parse_calls(written, known=KNOWN)
    assert calls_of(parsed) == expected
    assert not parsed.problems


@pytest.mark.parametrize("name", [name for name in TEXTS if "prefix" not in name])
def test_it_is_found_where_the_tools_are_not_known(name):
    written, expected = TEXTS[name]
    assert calls_of(parse_calls(written)) == expected


MORE = "Thought:|Action|First|look|moment|Calling|Right away|Sure:|search"


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_that_only_held_calls_stays_in_the_text(name):
    left = parse_calls(TEXTS[name][0], known=KNOWN).text
    assert not left or re.search(MORE, left)
    assert not re.search(r"[<{`|]|TOOL_CALL", left)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('Hello <minimax:tool_call>\n<invoke name="f">\n</invoke>\n</minimax:tool_call> bye', "Hello  bye"),
        ("<acme:wrap>\n[f(x=1)]\n</acme:wrap>", ""),
        ("Use <b>bold</b> and <tool> tags. [f(x=1)]", "Use <b>bold</b> and <tool> tags."),
        ("<b>Now</b> [f(x=1)] <i>then</i>", "<b>Now</b>  <i>then</i>"),
        ("<p>See [f(x=1)]</p>", "<p>See </p>"),
    ],
)
def test_tags_go_with_the_calls_that_they_hold_and_stay_around_text(written, left):
    assert parse_calls(written, known=KNOWN).text == left


@pytest.mark.parametrize("name", NOT_CALLS)
def test_no_call_is_found(name):
    written, problems = NOT_CALLS[name]
    parsed = parse_calls(written, known=KNOWN)
    assert calls_of(parsed) == []
    assert [problem.kind for problem in parsed.problems] == problems


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if name not in {"plain", "no arguments"}])
def test_a_call_goes_on_after_whatever_arguments(name):
    written, expected = TEXTS[f"arguments: {name}"]
    parsed = parse_calls(f"First.\n{written}\nThen {written} and that is it.", known=KNOWN)
    assert calls_of(parsed) == expected * 2
    assert parsed.text == "First.\n\nThen  and that is it."


def test_the_documentation_says_how_many_shapes_are_right():
    page = (Path(__file__).parents[4] / "docs" / "parsing.md").read_text()
    for count in (len(TEXTS) - len(ARGUMENTS) + len(CALLS), len(ARGUMENTS), len(NOT_CALLS) + len(NOTHING)):
        assert f"| {count} of {count} |" in page
    assert f"in {len(SHAPES) + len(XML_SHAPES)} shapes" in page
    assert f"repeats {len(FAMILIES)} fragments" in page
