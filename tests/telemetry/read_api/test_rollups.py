"""Rollups over REST: groups by time and words, with the figures that the pages show."""

from datetime import timedelta
from decimal import Decimal
from math import inf

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from telemetry.models import Rollup
from telemetry.read_api import rollups
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row
from tests.telemetry.read_api.test_spans import statements

SINCE, UNTIL = NOON.isoformat(), (NOON + timedelta(hours=1)).isoformat()


@pytest.fixture
def groups(api):
    def ask(**query):
        return api.json("rollups", **{"since": SINCE, "until": UNTIL, **query})["groups"]

    return ask


@pytest.fixture
def some_calls(db):
    calls = [make_row(duration_ms=100.0) for _ in range(3)] + [make_row(outcome="timeout", status=2)]
    calls += [make_row(tool="sms", outcome="rate_limit", start_time=NOON + timedelta(minutes=2))]
    chat = {"tool": "", "outcome": "", "operation": "chat", "provider": "groq", "model": "llama"}
    write_spans([*calls, make_row(**chat, input_tokens=10, output_tokens=5, cost_usd=Decimal("0.5"))])


def test_everything_is_one_group_where_no_key_is_named(groups, some_calls):
    [all_] = groups()
    assert (all_["spans"], all_["errors"], all_["calls"], all_["succeeded"], all_["failed"], all_["refused"]) == (
        6,
        1,
        5,
        3,
        1,
        1,
    )
    assert (all_["success_rate"], all_["n"]) == (0.75, 4)
    assert all_["outcomes"] == {"first_try": 3, "timeout": 1, "rate_limit": 1}
    assert (all_["input_tokens"], all_["output_tokens"], all_["cost_usd"]) == (10, 5, 0.5)


def test_groups_are_by_the_keys_that_are_named(groups, some_calls):
    by_tool = {group["tool"]: group["spans"] for group in groups(by="tool")}
    assert by_tool == {"": 1, "crm": 4, "sms": 1}
    both = {(group["operation"], group["model"]): group["spans"] for group in groups(by="operation, model")}
    assert both == {("chat", "llama"): 1, ("execute_tool", ""): 5}


def test_a_series_in_time_is_by_bucket(groups, some_calls):
    found = [(group["bucket"], group["spans"]) for group in groups(by="bucket")]
    assert found == [(NOON.isoformat(), 5), ((NOON + timedelta(minutes=2)).isoformat(), 1)]


@pytest.mark.parametrize("resolution_s", [10, 60, 3600])
def test_the_figures_are_those_of_the_pages_at_every_resolution(groups, some_calls, resolution_s):
    [group] = groups(resolution_s=resolution_s, q="tool:crm")
    tally = Rollup.objects.at(60).where(tool="crm").tallies()[()]
    assert (group["success_rate"], tuple(group["interval"])) == (tally.success_rate, tally.interval)
    assert (group["p50_ms"], group["p95_ms"]) == (tally.percentile_ms(0.5), tally.percentile_ms(0.95))
    assert group["mean_ms"] == pytest.approx(tally.duration_sum_ms / 4)


def test_percentiles_come_with_how_near_they_are_and_between_what(groups):
    write_spans([make_row(duration_ms=5_400_000.0) for _ in range(2)])
    write_spans([make_row(duration_ms=751.0) for _ in range(98)])
    [group] = groups(by="tool")
    assert (group["min_ms"], group["max_ms"], group["percentile_error"]) == (751.0, 5_400_000.0, 0.05)
    assert group["p50_ms"] == pytest.approx(751.0, rel=0.05)
    assert group["p99_ms"] == pytest.approx(5_400_000.0, rel=0.05)
    Rollup.objects.update(duration_min_ms=0.0, duration_max_ms=inf)
    [group] = groups(by="tool")
    assert (group["min_ms"], group["max_ms"], group["percentile_error"]) == (0.0, None, 0.19)


@pytest.mark.parametrize(
    ("durations", "mean"),
    [
        ([0.0004] * 40, 0.0004),  # rounded to no microsecond at all
        ([0.0006] * 40, 0.0006),  # and to a whole one
        ([0.0004, 0.0004, 0.0], 0.0),
        ([0.0004] * 3 + [1_000.0], 250.0),
        ([1.0, 3.0], 2.0),
    ],
)
def test_the_mean_lies_between_the_shortest_and_the_longest(groups, durations, mean):
    write_spans([make_row(duration_ms=duration) for duration in durations])
    [group] = groups(by="tool")
    assert group["min_ms"] <= group["mean_ms"] <= group["max_ms"]
    assert group["mean_ms"] == pytest.approx(mean)


def test_a_query_chooses_by_words(groups, some_calls):
    assert [group["tool"] for group in groups(by="tool", q="tool:crm or tool:s*")] == ["crm", "sms"]
    assert [group["tool"] for group in groups(by="tool", q="not operation:chat not tool:crm")] == ["sms"]
    assert groups(q="tool:nothing") == []


@pytest.mark.parametrize("many", [1, 20])
def test_groups_are_two_queries(api, many):
    write_spans([make_row(tool=f"tool{number}") for number in range(many)])
    with CaptureQueriesContext(connection) as asked:
        assert len(api.json("rollups", by="tool", q="tool:tool*", since=SINCE)["groups"]) == many
    assert len(statements(asked)) == 2  # the words' series and the sums


def test_what_is_no_longer_kept_is_said(api, db):
    answer = api.json("rollups", resolution_s=10, since="30d")
    assert answer["since"] == answer["kept_since"]
    assert timezone.datetime.fromisoformat(answer["since"]) > timezone.now() - timedelta(days=5)


def test_more_groups_than_can_be_read_are_refused(api, some_calls, monkeypatch):
    monkeypatch.setattr(rollups, "MAX_GROUPS", 2)
    problem = api.problem("rollups", by="tool", since=SINCE)
    assert problem["parameter"] == "by" and "more than 2 groups" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "resolution_s"),
    [
        ({"since": "1h"}, 60),
        ({"since": "13d"}, 60),
        ({"since": "30d"}, 3600),
        ({"since": "300d"}, 3600),
        ({"since": "13d", "by": "bucket"}, 3600),
        ({"since": "300d", "by": "bucket"}, 86_400),
        ({"since": "30d", "resolution_s": 60}, 60),
    ],
)
def test_the_step_is_the_finest_that_reaches_the_whole_period(api, query, resolution_s):
    answer = api.json("rollups", **query)
    assert answer["resolution_s"] == resolution_s
    asked = timezone.now() - timedelta(days=int(query["since"][:-1])) if query["since"].endswith("d") else None
    reaches = asked is None or timezone.datetime.fromisoformat(answer["since"]) <= asked
    assert answer["truncated"] is not reaches


def test_a_month_counts_what_a_month_had(api):
    now = timezone.now()
    write_spans([make_row(start_time=now - timedelta(days=age)) for age in (1, 13, 20, 29)])
    assert sum(group["spans"] for group in api.json("rollups", since="30d")["groups"]) == 4
