"""The search language: what a text means, and what is said about one that means nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from telemetry.search import SearchError, parse
from telemetry.search.language import MAX_CHARS, MAX_TERMS, text_of, tree_of
from telemetry.search.tree import Between, Equals, Like, Not, Or, Present, Term
from tests.telemetry.search.queries import NODES, TEXTS_LIKE_QUERIES

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
DAY = (NOW - timedelta(days=1), NOW)


@given(NODES)
@settings(max_examples=200)
def test_a_tree_that_is_written_and_read_is_the_same(node):
    assert tree_of(text_of(node)) == node


@given(TEXTS_LIKE_QUERIES)
@settings(max_examples=300)
def test_no_text_raises_anything_but_a_search_error_that_points_into_it(text):
    try:
        parse(text).window(NOW)
    except SearchError as error:
        assert error.message.endswith((".", "?", '"two words".'))
        assert 0 <= error.position <= len(text)
        assert error.position + error.length <= len(text)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("tool:crm_integration", Term("tool", Equals("crm_integration"))),
        ("model:llama*", Term("model", Like("llama*"))),
        ('model:"llama*"', Term("model", Equals("llama*"))),
        ("session:*", Term("session", Present())),
        ("duration:>500ms", Term("duration", Between(500, None, True))),
        ("duration>=0.5s", Term("duration", Between(500, None))),
        ("latency:500ms..2s", Term("duration", Between(500, 2000))),
        ("attempts:3", Term("attempts", Between(3, 3))),
        ("tokens:<=10k", Term("tokens", Between(None, 10_000))),
        ("cost:>$0.01", Term("cost", Between(0.01, None, True))),
        ("attr.customer_id=CUST001", Term("attr", Equals("CUST001"), "customer_id")),
        (
            "attr.gen_ai.request.temperature:>0.5",
            Term("attr", Between(0.5, None, True), "gen_ai.request.temperature"),
        ),
        ("attr.x:1..2.5", Term("attr", Between(1, 2.5), "x")),
        ("attr.x:*", Term("attr", Present(), "x")),
        ("-tool:crm", Not(Term("tool", Equals("crm")))),
        ("tool!=crm", Not(Term("tool", Equals("crm")))),
        ("not not tool:crm", Term("tool", Equals("crm"))),
        ("tool:(a or b)", Or((Term("tool", Equals("a")), Term("tool", Equals("b"))))),
        ("STATUS:Error", Term("status", Equals("error"))),
        ("timeout", Term("text", Equals("timeout"))),
        ('"or"', Term("text", Equals("or"))),
        ("order", Term("text", Equals("order"))),
    ],
)
def test_a_term_means(text, means):
    assert tree_of(text) == means


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("tool:a tool:b", "tool:a and tool:b"),
        ("tool:a tool:b or tool:c", "(tool:a AND tool:b) OR tool:c"),
        ("not tool:a tool:b", "(NOT tool:a) tool:b"),
        ("-(tool:a tool:b)", "not (tool:a tool:b)"),
        ("tool:(a or -b)", "tool:a or not tool:b"),
        ("tool:(a (b or c))", "tool:a (tool:b or tool:c)"),
        ("((tool:a)) (tool:b tool:c)", "tool:a tool:b tool:c"),
    ],
)
def test_words_and_brackets_join_terms(text, same):
    assert tree_of(text) == tree_of(same)


@pytest.mark.parametrize(
    ("text", "says", "place", "suggestion"),
    [
        ("tol:crm", 'There is no key "tol". Did you mean "tool"?', "tol", "tool"),
        ("status:eror", 'Did you mean "error"?', "eror", "error"),
        ("tool:a duration:>5parsec", '"5parsec" is not a duration', "5parsec", ""),
        ("tool:>5", "use a colon", "5", ""),
        ("tool:", "tool: needs a value", "tool:", ""),
        ("tool: crm", "without a space", "tool:", ""),
        ("(tool:a or tool:b", "bracket that opens here is not closed", "(", ""),
        ("tool:a)", "no bracket open", ")", ""),
        ("a () b", "has to stand before", ")", ""),
        ("tool:a or", 'has to follow "or"', "or", ""),
        ("or tool:a", "before and after", "or", ""),
        ('error:"timeout', "quote that begins here", '"timeout', ""),
        ("trace:12", "32 hexadecimal digits", "12", ""),
        ("since:soon", "not a moment", "soon", ""),
        ("tool:a or since:2h", "about the whole search", "2h", ""),
        ("attr:x", "name of an attribute", "attr", "attr."),
        ("duration:2s..1s", "smaller number first", "2s..1s", ""),
        ("tool:not", 'Put "not" before the key', "not", ""),
    ],
)
def test_a_wrong_text_is_answered_by_a_sentence_and_the_place(text, says, place, suggestion):
    with pytest.raises(SearchError) as caught:
        parse(text)
    error = caught.value
    assert says in error.message
    assert text[error.position : error.position + error.length] == place
    assert error.suggestion == suggestion


@pytest.mark.parametrize(
    "text", ["a" * (MAX_CHARS + 1), " ".join(["tool:a"] * (MAX_TERMS + 1)), "(a or (b " * 20 + "c" + "))" * 20]
)
def test_a_query_that_is_too_long_or_too_deep_is_refused(text):
    with pytest.raises(SearchError, match=r"at most|deep"):
        parse(text)


def test_hundreds_of_brackets_around_one_word_are_no_depth():
    assert tree_of("(" * 900 + "a" + ")" * 900) == tree_of("a")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("tool:a", DAY[0], NOW),
        ("since:2h", NOW - timedelta(hours=2), NOW),
        ("since:2h since:1h", NOW - timedelta(hours=1), NOW),
        ("until:2h", DAY[0], NOW - timedelta(hours=2)),
        (
            "since:2026-05-01 until:2026-05-02T06:00",
            datetime(2026, 5, 1, tzinfo=UTC),
            datetime(2026, 5, 2, 6, tzinfo=UTC),
        ),
        ("on:yesterday", datetime(2026, 5, 9, tzinfo=UTC), datetime(2026, 5, 10, tzinfo=UTC)),
        ("until:2026-05-01", datetime(2026, 4, 30, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)),
        ('since:"2026-05-09 14:00+02:00"', datetime(2026, 5, 9, 12, tzinfo=UTC), NOW),
    ],
)
def test_moments_in_the_text_win_over_the_pages_period(text, start, end):
    assert parse(text).within(DAY, NOW) == (start, end)


def test_a_query_without_its_moments_is_its_condition():
    query = parse("since:2h tool:a until:1h")
    assert query.root == Term("tool", Equals("a"))
    assert str(query) == 'tool:"a" since:"2h" until:"1h"'
