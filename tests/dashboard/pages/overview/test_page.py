"""The overview page: behind the login, a fixed number of queries, and what it says."""

from datetime import timedelta
from math import inf

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from dashboard.addresses.periods import DEFAULT
from telemetry.alerts.models import RuleFault
from telemetry.models import Heartbeat, Rollup, ToolRollup
from telemetry.process import heartbeats
from telemetry.semconv import Outcome
from tests.dashboard.builders import store_calls
from tests.telemetry.alerts.builders import make_rule

pytestmark = pytest.mark.django_db
# Session, user, open incidents, their stretches, tools and callers to be named, bins by tool, bins, callers,
# recent callers, the last incident, edits, the hours, the minutes and the calls of the last errors, newest calls,
# models that were asked, routes, when rules were last judged, which cannot be, and when recording began.
QUERIES = 24


@pytest.fixture(autouse=True)
def rules_are_judged(db):
    heartbeats.beat(heartbeats.JUDGING)


def test_a_stranger_is_sent_to_the_login(client):
    assert client.get("/").url == f"{reverse('login')}?next=/"


def test_an_empty_system_teaches_how_to_make_a_call(signed_in):
    page = signed_in.get("/")
    assert page.context["verdict"].text == f"No calls in the last {DEFAULT.words}"
    assert "curl -X POST" in page.content.decode()


def test_a_failing_tool_is_named_with_its_rate_and_cause(signed_in):
    store_calls(good=60, bad=40, tool="crm_integration")
    html = signed_in.get("/").content.decode()
    assert "crm_integration is at 60.0\u202f%" in html
    assert "mostly timeout" in html


@pytest.mark.parametrize("ago", [None, timedelta(minutes=5)])
def test_it_never_says_that_all_is_clear_while_rules_are_not_judged(signed_in, ago):
    store_calls(good=100, bad=0, tool="crm_integration")
    beat = Heartbeat.objects.filter(name=heartbeats.JUDGING)
    assert signed_in.get("/").context["verdict"].tone == "good"
    if ago:
        beat.update(seen_at=Now() - ago)
    else:
        beat.delete()
    heartbeats.beat(heartbeats.WORKER)  # which says nothing of it
    assert signed_in.get("/").context["verdict"].tag == "not judged"


def test_a_rule_that_cannot_be_judged_is_named_where_all_would_be_clear(signed_in):
    store_calls(good=100, bad=0, tool="crm_integration")
    rule, now = make_rule(name="Success"), timezone.now()
    RuleFault.objects.create(rule=rule, tool="crm", error="ValueError: math domain error", since=now, seen_at=now)
    said = signed_in.get("/").context["verdict"]
    assert (said.tone, said.text) == ("warn", "The rule Success cannot be judged for crm")
    assert said.detail == "ValueError: math domain error"


def test_too_few_calls_have_no_percentage(signed_in):
    store_calls(good=3, bad=1, tool="sms_outreach")
    html = signed_in.get("/").content.decode()
    assert "too few calls" in html
    assert "75.0\u202f%" not in html


@pytest.mark.parametrize("tools", [1, 20])
def test_it_costs_the_same_queries_for_one_tool_and_for_many(signed_in, tools, django_assert_num_queries):
    for number in range(tools):
        store_calls(good=5, bad=2, tool=f"tool_{number}", provider=f"provider_{number % 4}")
    with django_assert_num_queries(QUERIES):
        assert signed_in.get("/").status_code == 200


@pytest.mark.parametrize("outcome", [Outcome.ARGUMENTS, Outcome.AUTHORIZATION])
def test_calls_that_reached_no_tool_are_counted_and_have_no_row(signed_in, outcome):
    store_calls(good=0, bad=30, tool="_unknown", outcome=outcome)
    store_calls(good=30, bad=0, tool="crm_integration")
    response = signed_in.get("/")
    assert "_unknown" not in [row.name for row in response.context["tools"]]
    page = " ".join(response.content.decode().split())
    assert "30 requests</a> reached no tool: a wrong key" in page
    assert "_unknown is at" not in page


def test_a_tool_whose_calls_were_all_refused_is_not_said_to_have_none(signed_in):
    store_calls(bad=5, tool="crm_integration", outcome=Outcome.RATE_LIMIT)
    [row] = [row for row in signed_in.get("/").context["tools"] if row.name == "crm_integration"]
    assert row.state.word == "all refused"


@pytest.mark.parametrize(
    ("duration_ms", "said"),
    [(751.0, "751\u202fms"), (5_400_000.0, "5,400.0\u202fs"), (1_036_800_000.0, "1,036,800.0\u202fs")],
)
def test_calls_that_took_equally_long_took_just_that(signed_in, duration_ms, said):
    store_calls(good=200, tool="crm_integration", duration_ms=duration_ms)
    html = signed_in.get("/").content.decode()
    assert html.count(f'<td class="num">{said}</td>') >= 4  # p50 and p95, of the tool and of its model
    assert f"p50 {said} · longest {said}" in html
    assert "≈" not in html


def test_latencies_that_were_counted_in_wide_buckets_say_so(signed_in):
    store_calls(good=200, tool="crm_integration", duration_ms=751.0)
    for rows in (Rollup.objects, ToolRollup.objects):
        rows.update(duration_min_ms=0.0, duration_max_ms=inf)
    html = signed_in.get("/").content.decode()
    assert html.count("≈\u202f") + html.count("≈&#8239;") == 4
    assert "· within 19\u202f%" in html
