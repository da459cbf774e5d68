"""Matches over time and facets: the same from rollups as from the spans themselves."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings

from telemetry import search
from telemetry.models import Span
from telemetry.search import Query, language, summed, tree
from telemetry.search.bins import GROUP_OF, WIDTHS_S, width_s
from telemetry.search.tree import Term
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row
from tests.telemetry.search.predicate import passes
from tests.telemetry.search.queries import NODES
from tests.telemetry.search.spans import some_rows

pytestmark = pytest.mark.django_db
NOW = NOON + timedelta(hours=12)
# On whole days, so that rollups of any step cover it exactly.
PERIOD = (NOON - timedelta(hours=36), NOON + timedelta(hours=12))


def counted(bins):
    groups = ("succeeded", "failed", "refused", "other")
    return {(each.start, group): getattr(each, group) for each in bins for group in groups if getattr(each, group)}


def test_bins_and_facets_count_what_python_counts_for_any_query():
    write_spans(some_rows(150))
    spans = [span for span in Span.objects.whole() if PERIOD[0] <= span.start_time < PERIOD[1]]

    @given(NODES)
    @settings(max_examples=120)
    def run(node):
        query = Query(language.text_of(node), node)
        matching = [span for span in spans if passes(node, span)]
        bins = search.matches(query, PERIOD, 48, now=NOW)
        wanted = {}
        for span in matching:
            key = (summed.floor(span.start_time, bins.width_s), GROUP_OF.get(span.outcome, "other"))
            wanted[key] = wanted.get(key, 0) + 1
        assert counted(bins) == wanted
        facets = search.facets(query, PERIOD, now=NOW)
        assert facets.total == len(matching)
        tools = [span.tool for span in matching if span.tool]
        assert {value.value: value.count for value in facets["tool"]} == {
            tool: tools.count(tool) for tool in tools
        }

    run()


@pytest.mark.parametrize(
    "text", ["", "tool:a*", "outcome:failed", "tool:* outcome:(timeout or succeeded)", "-is:tool"]
)
def test_rollups_say_the_same_as_the_spans(text, monkeypatch):
    write_spans(some_rows(150))
    query = search.parse(text)
    from_rollups = search.matches(query, PERIOD, 48, now=NOW), search.facets(query, PERIOD, now=NOW)
    monkeypatch.setattr(summed, "asked", lambda plan: None)
    from_spans = search.matches(query, PERIOD, 48, now=NOW), search.facets(query, PERIOD, now=NOW)
    assert from_rollups[0] == from_spans[0]
    for key in from_spans[1]:
        assert from_rollups[1][key] == from_spans[1][key] or (key == "status" and "outcome" in text)


def test_questions_about_series_and_outcomes_do_not_read_spans(django_assert_num_queries):
    write_spans([make_row()])
    with django_assert_num_queries(7) as queries:  # savepoint, settings, series, rollups, settings, savepoint
        search.matches(search.parse("tool:crm outcome:succeeded"), PERIOD, 48, now=NOW)
    assert not [query for query in queries if '"telemetry_span"' in query["sql"]]


def test_bins_cover_the_period_without_gaps():
    bins = search.matches(search.parse("attr.x:1"), (NOON + timedelta(seconds=7), NOON + timedelta(minutes=9)), 60)
    assert (bins.width_s, bins[0].start, len(bins)) == (10, NOON, 54)
    assert {after.start - before.start for before, after in pairwise(bins)} == {timedelta(seconds=10)}


def test_every_width_is_a_multiple_of_a_step_of_rollups():
    assert all(width % 10 == 0 for width in WIDTHS_S)
    assert width_s((NOON, NOON + timedelta(days=30)), 60) == 43_200
    assert width_s((NOON, NOON + timedelta(seconds=1)), 60) == 10


def test_counts_stand_for_the_spans_that_were_not_kept():
    write_spans([make_row(span_id=n, attributes={"x": 1}) for n in (1, 2)])
    Span.objects.filter(span_id=1).update(weight=10)
    query = search.parse("attr.x:1")
    assert sum(each.succeeded for each in search.matches(query, PERIOD, 48)) == 11
    assert search.facets(query, PERIOD).total == 11


def test_facets_have_the_commonest_values_with_their_share():
    write_spans([make_row(span_id=n, tool="crm" if n < 3 else "sms", status=2 if n else 0) for n in range(1, 5)])
    facets = search.facets(search.parse("duration:>0"), PERIOD)
    assert [(each.value, each.count, each.share) for each in facets["tool"]] == [("crm", 2, 0.5), ("sms", 2, 0.5)]
    assert [each.value for each in facets["status"]] == ["error"]
    assert facets["provider"] == []


def test_counting_whose_time_is_up_says_since_when_it_counted(monkeypatch):
    monkeypatch.setattr("telemetry.search.walking.WALKED", 1)
    write_spans([make_row(span_id=n, start_time=NOON - timedelta(hours=6 * n)) for n in range(5)])
    ticks = iter(range(1000))
    query = Query("", tree.negation(Term("attr", tree.Present(), "x")))
    bins = search.matches(query, PERIOD, 48, clock=lambda: next(ticks))
    assert bins.since is not None and 0 < sum(each.succeeded for each in bins) < 5
