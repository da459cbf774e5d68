"""Names that senders make up, and what others say of our tools: on the pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.pages.errors import queries
from dashboard.pages.errors.argument_map import MOST_TOOLS as MAPS
from dashboard.queries.top_names import MOST_CALLERS, MOST_TOOLS
from telemetry.counts.outcome_counts import Tally
from telemetry.dictionaries import lookup
from telemetry.dictionaries import name_cardinality as words
from telemetry.errors.models import ErrorGroup
from telemetry.process import heartbeats
from telemetry.search import facets, parse
from telemetry.search.facets import MAX_VALUES
from telemetry.semconv import VIOLATIONS, Outcome
from telemetry.store import batches
from telemetry.store.batches import write_spans
from tests.dashboard.builders import call_row, store_calls

pytestmark = pytest.mark.django_db
OURS = "sms_outreach"
MANY = 1_000
REPORTED = {"origin": "reported", "api_key": "partner", "service": "shop"}


@pytest.fixture(autouse=True)
def rules_are_judged(db):
    heartbeats.beat(heartbeats.JUDGING)


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    lookup.forget()
    monkeypatch.setattr(batches, "_names", words.Names(most=100_000))  # what was stored before there was a limit
    monkeypatch.setattr(batches, "_new_series", words.NewSeries(most=100_000))


def invent(count, **changes):
    """A call each of *count* tools, providers and models that nobody has; the first of them twice."""
    numbers = [*range(count), 0]
    write_spans(
        [
            call_row(tool=f"invented {n}", provider=f"provider {n}", model=f"model {n}", **{**REPORTED, **changes})
            for n in numbers
        ]
    )
    if count >= MANY:  # Postgres does so by itself within a minute; the plans before are not those of a page
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE telemetry_series, telemetry_rollup")


def row_of(rows, name):
    return next((row for row in rows if row.name == name), None)


def test_ten_thousand_invented_tools_are_forty_rows_and_a_sum(signed_in):
    store_calls(good=50, bad=3)
    invent(10_000)
    said = signed_in.get("/").context
    invented = [row for row in said["tools"] if row.name.startswith("invented")]
    assert len(invented) == MOST_TOOLS
    assert row_of(invented, "invented 0").tally.calls == 2
    assert (said["more_tools"].name, said["more_tools"].tally.calls) == ("and 9,960 more", 9_960)
    assert "and 9,960 more" in signed_in.get("/").content.decode()


@pytest.mark.parametrize("noise", [Outcome.FIRST_TRY, Outcome.TIMEOUT])
def test_what_one_key_invents_takes_no_row_from_what_another_reports(signed_in, noise):
    for number in range(MOST_TOOLS + 5):
        store_calls(bad=5, outcome=noise, tool=f"invented {number}", **REPORTED)
    store_calls(bad=2, tool="real", **{**REPORTED, "api_key": "other"})
    said = signed_in.get("/").context
    assert row_of(said["tools"], "real").tally.failed == 2
    assert said["more_tools"].name == "and 6 more"


def test_of_one_keys_tools_those_that_fail_come_before_busier_ones(signed_in):
    for number in range(MOST_TOOLS + 5):
        store_calls(good=20, bad=1, tool=f"busy {number}", **REPORTED)
    store_calls(good=1, bad=2, tool="real", **REPORTED)
    said = signed_in.get("/").context
    assert row_of(said["tools"], "real").tally.failed == 2
    assert said["more_tools"].name == "and 6 more"


@pytest.mark.parametrize("period", ["15m", "90m", "24h", "7d", "30d"])
def test_rows_and_the_rest_add_up_to_the_calls_of_the_page(signed_in, period):
    store_calls(good=30, bad=3)
    store_calls(good=2, bad=1, outcome=Outcome.ARGUMENTS, tool="_unknown")
    invent(60)
    said = signed_in.get(f"/?period={period}").context
    named = Tally.sum(row.tally for row in said["tools"])
    assert named.calls + said["more_tools"].tally.calls + said["nameless"].calls == 33 + 3 + 61
    callers = Tally.sum(row.tally for row in said["providers"])
    assert len(said["providers"]) == MOST_CALLERS
    assert said["more_providers"].name == f"and {61 - MOST_CALLERS} more"
    assert callers.calls + said["more_providers"].tally.calls == 33 + 3 + 61
    assert said["more_providers"].p95_ms


def test_names_that_callers_of_our_own_tools_claim_are_bounded_too(signed_in):
    invent(60, origin="own", api_key="app", service="salesboost")
    said = signed_in.get("/").context
    assert len(said["providers"]) == MOST_CALLERS
    assert said["more_providers"].tally.calls == 61 - (MOST_CALLERS + 1)


@pytest.mark.parametrize("tools", [1, MOST_TOOLS])
def test_a_few_tools_have_a_row_each_and_there_is_no_rest(signed_in, tools):
    for number in range(tools):
        store_calls(good=2, tool=f"theirs {number}", **REPORTED)
    said = signed_in.get("/").context
    assert sum(row.name.startswith("theirs") for row in said["tools"]) == tools
    assert said["more_tools"] is None and "more_providers" in said and said["more_providers"] is None


def test_what_others_report_of_a_tool_of_ours_changes_nothing_on_the_overview(signed_in):
    store_calls(good=40, tool=OURS)
    store_calls(bad=120, tool=OURS, **REPORTED)
    said = signed_in.get("/").context
    row = row_of(said["tools"], OURS)
    assert (row.tally.calls, row.state.word) == (40, "healthy")
    assert OURS not in said["verdict"].text


@pytest.mark.parametrize(("calls", "counted"), [("own", 40), ("reported", 120), ("all", 160), ("nonsense", 40)])
def test_whose_calls_are_shown_can_be_chosen(signed_in, calls, counted):
    store_calls(good=40, tool=OURS)
    store_calls(bad=120, tool=OURS, **REPORTED)
    response = signed_in.get(f"/?calls={calls}")
    assert row_of(response.context["tools"], OURS).tally.calls == counted


def test_an_installation_that_is_only_told_of_calls_sees_its_tools(signed_in):
    store_calls(good=30, bad=70, tool="their_search", at=timezone.now() - timedelta(minutes=1), **REPORTED)
    response = signed_in.get("/")
    row = row_of(response.context["tools"], "their_search")
    assert (row.tally.calls, row.state.word) == (100, "degraded")
    assert "their_search is at 30.0" in response.content.decode()


def bad_arguments(count, **changes):
    """A call each of *count* tools, each by another model, with an argument too few."""
    said = {
        "attributes": {VIOLATIONS: ["customer_id: missing"]},
        "error_message": "argument 'customer_id' is missing",
    }
    rows = [
        call_row(
            Outcome.ARGUMENTS, **{"tool": f"invented {n}", "model": f"model {n}", **said, **REPORTED, **changes}
        )
        for n in range(count)
    ]
    write_spans(rows)


def test_groups_and_the_menu_of_tools_are_bounded(signed_in, monkeypatch):
    monkeypatch.setattr(queries, "MOST_TOOLS", 5)
    bad_arguments(12)
    said = signed_in.get("/errors/?tool=invented 9").context
    assert (len(said["tools"]), said["more_tools"]) == (6, 7)
    assert "invented 9" in said["tools"]


def test_whom_a_group_meets_is_bounded_and_adds_up(signed_in):
    bad_arguments(30, tool="their_search")
    group = ErrorGroup.objects.get()
    said = signed_in.get(f"/errors/{group.hex}/").context
    parts = dict(said["breakdowns"])["Model"]
    assert (parts[-1].word, parts[-1].count) == ("and 22 more", 22)
    assert sum(part.count for part in parts) == 30


def test_the_map_of_arguments_says_how_many_tools_it_leaves_out(signed_in):
    bad_arguments(MAPS + 7)
    page = " ".join(signed_in.get("/errors/arguments/").content.decode().split())
    assert f"The {MAPS} tools with most bad arguments, and 7 more." in page


def test_failures_that_others_report_of_a_tool_of_ours_are_in_no_list_unless_asked_for(signed_in):
    bad_arguments(3, tool=OURS)
    assert signed_in.get("/errors/").context["rows"] == []
    assert signed_in.get("/errors/arguments/").context["maps"] == []
    assert len(signed_in.get("/errors/?calls=reported").context["rows"]) == 1
    assert len(signed_in.get("/errors/arguments/?calls=all").context["maps"]) == 1


def test_the_values_of_a_search_say_how_many_there_are(signed_in):
    invent(60)
    now = timezone.now()
    found = facets(parse("is:tool"), (now - timedelta(hours=1), now + timedelta(minutes=1)))
    assert (len(found["tool"]), found.beyond["tool"]) == (MAX_VALUES, 60 - MAX_VALUES)


def test_the_health_of_our_tools_is_what_ran_here(signed_in):
    store_calls(bad=120, tool=OURS, **REPORTED)
    answer = signed_in.get("/health/tools").json()
    assert answer["tools"][OURS]["calls"] == 0
    assert "their_search" not in answer["tools"]


@pytest.mark.parametrize(("words", "said"), [({}, "recorded here"), (REPORTED, "reported over OTLP")])
def test_the_page_of_a_span_says_who_saw_it(signed_in, words, said):
    row = call_row(**words)
    write_spans([row])
    page = signed_in.get(f"/traces/{row.trace_id.hex}/?span={row.span_id & (1 << 64) - 1:016x}").content.decode()
    assert said in page
