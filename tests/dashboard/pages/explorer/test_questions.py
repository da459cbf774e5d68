"""What the trace explorer holds, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict

from dashboard.addresses import periods
from dashboard.addresses.selection import Selection
from dashboard.models import SavedView
from dashboard.pages.explorer import charts, facets, questions
from dashboard.pages.explorer.questions import Question
from telemetry.search import Bin, Bins, Facets, FacetValue, SearchError, parse

NOW = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)


def asked(query):
    return QueryDict(query)["q"] if "q=" in query else ""


def question(text="", **changes):
    return Question.from_query({"q": text, **changes})


def mistake_of(text):
    with pytest.raises(SearchError) as caught:
        questions.ask(question(text), NOW)
    return questions.mistake(question(text), caught.value)


def test_an_address_says_the_whole_question():
    told = question("tool:crm", period="24h", before="c1")
    assert Question.from_query(QueryDict(told.query()).dict()) == told
    assert question().query() == "period=15m"


def test_another_question_begins_at_the_first_page():
    told = question("tool:crm", before="c1")
    assert told.narrowed("a").cursor == told.over(periods.find("7d")).cursor == ""


def test_a_stretch_of_the_chart_takes_the_place_of_what_the_text_said_of_time():
    told = question("since:2h tool:crm", since="2026-11-21T14:00:00", until="2026-11-21T14:10:00")
    assert told.text == "tool:crm since:2026-11-21T14:00:00 until:2026-11-21T14:10:00"
    window = questions.ask(told, NOW).window
    assert window == (datetime(2026, 11, 21, 14, 0, tzinfo=UTC), datetime(2026, 11, 21, 14, 10, tzinfo=UTC))


def test_the_period_counts_where_the_text_says_nothing_of_time():
    plain = questions.ask(question("tool:crm", period="24h"), NOW)
    window = periods.find("24h").window(NOW)
    assert (plain.window, plain.when, plain.bins) == ((window.start, window.end), "last 24 hours", 144)
    timed = questions.ask(question("tool:crm since:2h"), NOW)
    assert (timed.window[0], timed.bins) == (NOW - timedelta(hours=2), questions.BINS)
    assert timed.when == "21 Nov 12:32:05 to 21 Nov 14:32:10"


def test_choosing_a_period_takes_the_time_out_of_the_text():
    switch = questions.period_switch(question("since:2h tool:crm"))
    assert {asked(choice.query) for choice in switch} == {"tool:crm"}
    assert not any(choice.current for choice in switch)
    assert [choice.current for choice in questions.period_switch(question("a"))].index(True) == 0


@pytest.mark.parametrize(
    ("text", "current", "queries"),
    [
        ("", "All spans", ["is:tool", "is:root", ""]),
        ("is:tool provider:groq", "Calls", ["provider:groq is:tool", "provider:groq is:root", "provider:groq"]),
        ("a or b", "All spans", ["(a or b) is:tool", "(a or b) is:root", "a or b"]),
    ],
)
def test_calls_traces_and_all_spans_are_a_term_of_the_query(text, current, queries):
    switch = questions.scope_switch(question(text))
    assert [choice.label for choice in switch if choice.current] == [current]
    assert [asked(choice.query) for choice in switch] == queries


def test_a_mistake_is_pointed_at_and_may_be_mended_by_a_click():
    wrong = mistake_of("tool:crm statis:error a")
    assert wrong.caret.rstrip("^") == " " * 9
    assert wrong.caret.count("^") >= len("statis")
    assert wrong.mended == "tool:crm status:error a"
    assert asked(wrong.query) == wrong.mended


def test_a_mistake_without_a_likely_meaning_has_no_link():
    assert mistake_of('error:"never closed').query == ""


def test_every_example_is_a_query():
    assert all(parse(example.text) for example in questions.examples(question()))


def test_a_facet_adds_its_value_and_takes_it_out_again():
    found = Facets({"tool": [FacetValue("crm", 3, 0.75), FacetValue("two words", 1, 0.25)], "model": []})
    (group,) = facets.groups(found, question("a tool:crm"))
    crm, other = group.values
    assert (crm.current, asked(crm.query)) == (True, "a")
    assert (other.current, asked(other.query)) == (False, 'a tool:crm tool:"two words"')
    assert asked(crm.without) == "a not tool:crm"


def test_the_commonest_values_are_listed_and_the_rest_counted():
    found = Facets({"session": [FacetValue(f"s{number}", 1, 0.05) for number in range(20)]})
    found.beyond = {"session": 9_980}
    (group,) = facets.groups(found, question())
    assert (len(group.values), group.more) == (facets.SHOWN, 10_000 - facets.SHOWN)


def bins(*pairs):
    """Minutes from NOW on, in which so many matches succeeded and failed."""
    found = Bins(Bin(NOW + timedelta(minutes=at), *pair) for at, pair in enumerate(pairs))
    found.width_s = 60
    return found


MINUTES = bins((0, 0), (1, 1), (2, 0), (3, 1))


def test_the_chart_stacks_the_ways_that_matches_ended_and_leaves_out_those_that_none_did():
    drawn = charts.figure(MINUTES)
    assert [(bars["name"], bars["y"]) for bars in drawn["data"]] == [
        ("succeeded", [0, 1, 2, 3]),
        ("failed", [0, 1, 0, 1]),
    ]
    assert drawn["layout"]["xaxis"]["range"] == ["2026-11-21T14:32:05", "2026-11-21T14:36:05"]
    assert "#" not in str(drawn)


def test_nothing_found_is_no_chart():
    assert charts.figure(bins((0, 0)))["data"] == []
    assert charts.figure(bins())["data"] == charts.table(bins(), question()) == []


def test_a_row_of_the_charts_table_leads_to_its_minute():
    rows = charts.table(MINUTES, question("tool:crm since:2h"))
    assert [row.total for row in rows] == [4, 2, 2]
    assert asked(rows[0].query) == "tool:crm since:2026-11-21T14:35:05 until:2026-11-21T14:36:05"


def test_each_way_to_end_leads_to_its_matches():
    found = charts.kinds(MINUTES, question("tool:crm"))
    assert [(kind.word, kind.count, asked(kind.query)) for kind in found] == [
        ("succeeded", 6, "tool:crm outcome:succeeded"),
        ("failed", 2, "tool:crm outcome:failed"),
    ]
    assert all(parse(wanted) for *_, wanted in charts.KINDS)


def test_the_view_that_the_page_shows_is_marked():
    ana = User(pk=1, username="ana")
    views = [
        SavedView(name="one", query="tool:crm", period="24h", owner=ana),
        SavedView(name="two", query="tool:crm", period="7d", owner=User(pk=2), shared=True),
    ]
    links = questions.view_links(views, question("tool:crm", period="24h", before="c1"), ana)
    assert [(link.current, link.mine) for link in links] == [(True, True), (False, False)]


def test_a_number_of_the_overview_leads_to_its_calls():
    selection = Selection(tool="crm integration", caller_role="coach", period=periods.find("24h"))
    told = Question.from_query(QueryDict(selection.calls(outcome="failed", provider="")).dict())
    assert told.text == 'is:tool tool:"crm integration" role:coach outcome:failed origin:counted'
    assert told.period.key == "24h"
