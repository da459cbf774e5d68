"""A click changes the text of a query as the search language would: judged by its own parser."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dashboard.addresses.query_terms import has, is_choice, term, with_terms, without_terms, without_times, words
from telemetry.search import SearchError, parse

BARE = st.sampled_from(["tool:crm", "status:error", 'error:"too (late)"', "timeout", '"a or b"', "duration:>2s"])
SPACE = st.sampled_from([" ", "  ", " and "])


@st.composite
def joined(draw, parts):
    return draw(SPACE).join(draw(st.lists(parts, min_size=1, max_size=3)))


QUERIES = st.recursive(
    joined(BARE),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" or ".join),
        st.tuples(inner, BARE).map(lambda pair: f"({pair[0]}) {pair[1]}"),
        inner.map(lambda text: f"not ({text})"),
        inner.map(lambda text: f"-({text}) tool:(a or b)"),
    ),
    max_leaves=6,
)


def meaning(text):
    return str(parse(text))


@given(QUERIES)
def test_the_words_of_a_query_are_queries_that_together_mean_it(text):
    assume(not is_choice(text))
    assert meaning(" ".join(words(text))) == meaning(text)
    assert all(parse(word) for word in words(text) if word.lower() != "and")


@given(QUERIES, st.text(min_size=1, max_size=12).filter(lambda text: "\0" not in text))
def test_a_term_added_narrows_the_whole_query_and_taken_out_leaves_it(text, value):
    wanted = term("model", value)
    narrowed = with_terms(text, wanted)
    assert meaning(narrowed) == meaning(f"({text}) {wanted}")
    assert has(narrowed, wanted)
    assert meaning(without_terms(narrowed, wanted)) == meaning(text)


@given(st.text(min_size=1, max_size=30).filter(lambda text: "\0" not in text))
def test_any_value_means_itself(value):
    (found,) = [parse(term("model", value)).root]
    assert (found.key, found.test.text) == ("model", value)


@given(st.text(max_size=60))
def test_a_text_that_is_no_query_does_no_harm(text):
    for changed in (with_terms(text, "tool:crm"), without_terms(text, "tool:crm"), without_times(text)):
        assert isinstance(changed, str)


@pytest.mark.parametrize(
    ("text", "wanted", "held"),
    [
        ('tool="crm" a', "tool:crm", True),
        ("is:tool OUTCOME:failed", "outcome:failed", True),
        ("tool:crm or a", "tool:crm", False),
        ("not tool:crm", "tool:crm", False),
        ("not tool:crm", "-tool:crm", True),
        ("(tool:crm or b) c", "tool:crm", False),
    ],
)
def test_a_term_is_held_if_every_match_fulfils_it(text, wanted, held):
    assert has(text, wanted) is held


def test_a_term_that_is_there_is_not_added_again():
    assert with_terms('tool:"crm" a', "tool:crm", "b") == 'tool:"crm" a b'


def test_what_a_query_says_of_time_can_be_taken_out_alone():
    assert without_times("tool:crm since:2h a UNTIL:2026-05-01T14:00 on:today") == "tool:crm a"


def test_a_wrong_query_stays_as_wrong_as_it_was():
    with pytest.raises(SearchError):
        parse(with_terms('error:"never closed', "tool:crm"))
