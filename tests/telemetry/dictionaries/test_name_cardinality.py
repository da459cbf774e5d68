from datetime import UTC, datetime, timedelta

import pytest

from telemetry import semconv as sc
from telemetry.dictionaries import lookup
from telemetry.dictionaries.name_cardinality import HOUR_S, KNOWN_FOR_S, Names, NewSeries
from telemetry.models import Rollup, Series, Span
from telemetry.process.counters import counters
from telemetry.spans.rows import SeriesKey
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db
REPORTED = {"origin": "reported", "api_key": "partner"}


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What another test stored was taken back, which this process does not know."""
    lookup.forget()


def rows_of(*tools):
    return [make_row(tool=tool, service="shop", **REPORTED) for tool in tools]


def tools_of(rows):
    return sorted(row.series.tool for row in rows)


def test_names_beyond_those_of_an_hour_are_called_other_and_kept():
    rows, before = rows_of("a", "b", "c"), counters().renamed
    NewSeries(most=2).limit(rows)
    assert tools_of(rows)[0] == "_other" and len(set(tools_of(rows))) == 3
    [other] = [row for row in rows if row.series.tool == "_other"]
    assert other.series == SeriesKey("execute_tool", 1, "_other", service="_other", **REPORTED)
    assert (
        other.attributes[sc.TOOL_NAME] in "abc" and other.name == f"execute_tool {other.attributes[sc.TOOL_NAME]}"
    )
    assert counters().renamed == before + 1


def test_what_is_stored_already_is_not_new_though_this_process_never_saw_it():
    write_spans(rows_of("a", "b"))
    rows = rows_of("a", "b", "c")
    NewSeries(most=1).limit(rows)
    assert tools_of(rows) == ["a", "b", "c"]


def test_the_next_hour_takes_new_names_again():
    now = [0.0]
    words = NewSeries(most=1, clock=lambda: now[0])
    words.limit(rows_of("a"))
    late = rows_of("b")
    now[0] = HOUR_S
    words.limit(late)
    assert tools_of(late) == ["b"]


def test_a_sender_that_makes_up_names_makes_few_series():
    rows = rows_of(*(f"invented {number}" for number in range(300)))
    NewSeries(most=10).limit(rows)
    write_spans(rows)
    assert Series.objects.count() == 11
    assert Span.objects.filter(series__tool="_other").count() == 290


def test_a_flood_of_one_sender_takes_nothing_from_another():
    words = NewSeries(most=2)
    words.limit(rows_of("a", "b", "c"))
    others = [make_row(tool="d", origin="reported", api_key="other app"), make_row(tool="crm_integration")]
    words.limit(others)
    assert tools_of(others) == ["crm_integration", "d"]


def many(word, count, **changes):
    return [make_row(**{word: f"{word} {number}"}, **{**REPORTED, **changes}) for number in range(count)]


@pytest.mark.parametrize(
    "word", ["tool", "provider", "model", "prompt_version", "caller_role", "agent", "service"]
)
def test_a_sender_brings_so_many_names_of_a_kind_and_no_more(word):
    rows = many(word, 30)
    Names(most=20).limit(rows)
    said = [getattr(row.series, word) for row in rows]
    assert (len(set(said)), said.count("_other")) == (21, 10)
    kept = [row for row in rows if getattr(row.series, word) == "_other"]
    assert all(f"{word} " in str(row.attributes) for row in kept)


def test_only_the_word_that_is_too_many_is_replaced():
    rows = many("model", 3, tool="crm", provider="openai")
    Names(most=2).limit(rows)
    assert {(row.series.tool, row.series.provider) for row in rows} == {("crm", "openai")}
    assert sorted(row.series.model for row in rows)[0] == "_other"


def test_names_that_are_stored_are_known_to_every_process_and_count():
    write_spans(many("tool", 5))
    rows = [*many("tool", 5, model="another"), *many("agent", 1, tool="tool 0"), *rows_of("sixth", "seventh")]
    Names(most=6).limit(rows)
    assert tools_of(rows).count("_other") == 1
    assert rows[5].series.agent == "agent 0"


def test_names_of_long_ago_are_known_and_no_longer_count():
    write_spans(many("tool", 5))
    Series.objects.update(first_seen_at=datetime.now(UTC) - timedelta(days=31))
    rows = [*many("tool", 5, model="another"), *rows_of("sixth", "seventh")]
    Names(most=2).limit(rows)
    assert "_other" not in tools_of(rows)


def test_what_other_processes_admitted_is_read_again_after_a_while():
    now = [0.0]
    names = Names(most=2, clock=lambda: now[0])
    names.limit(rows_of("a"))
    write_spans(rows_of("b", "c"))
    now[0] = KNOWN_FOR_S + 1
    late = rows_of("d")
    names.limit(late)
    assert tools_of(late) == ["_other"]


def test_tools_that_are_run_here_are_never_renamed_but_what_callers_claim_is():
    rows = [make_row(tool=f"ours {number}", model=f"model {number}") for number in range(5)]
    Names(most=2).limit(rows)
    assert "_other" not in tools_of(rows)
    assert sorted(row.series.model for row in rows).count("_other") == 3


def test_failures_of_names_too_many_are_one_group():
    failed = {"outcome": "timeout", "status": 2, "error_type": "timeout", "error_message": "it took too long"}
    rows = many("tool", 10, **failed)
    Names(most=2).limit(rows)
    assert len({row.fingerprint for row in rows}) == 3


def test_one_key_that_invents_ten_thousand_tools_leaves_five_hundred():
    write_spans([make_row(span_id=n, tool=f"invented {n}", **REPORTED) for n in range(1, 10_001)])
    assert Series.objects.filter(origin="reported").values("tool").distinct().count() == 501
    assert Rollup.objects.at(3600).filter(series__tool="_other").get().first_try == 9_500
    assert Span.objects.filter(series__tool="_other").count() == 9_500
