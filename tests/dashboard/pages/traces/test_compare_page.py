"""The comparison of two traces on a real Postgres."""

import json

import pytest
from django.urls import reverse

from dashboard.addresses.links import trace_url
from tests.dashboard.pages.traces.stored import Maker, agent_trace

pytestmark = pytest.mark.django_db


def compared(client, left, right):
    answer = client.get("/traces/compare/", {"a": left, "b": right})
    assert answer.status_code == 200
    return answer


def test_it_is_behind_the_login(client):
    assert client.get(reverse("compare")).url.startswith(reverse("login"))


def test_without_traces_it_says_how_to_choose_them(signed_in):
    assert "copy its id" in compared(signed_in, "", "").content.decode()


def test_two_traces_are_matched_and_their_differences_told(signed_in):
    left, right = agent_trace(), agent_trace(slow_by_ms=900)
    right.rows = [row for row in right.rows if row.series.tool != "competitor_analysis"]
    page = compared(signed_in, left.store().hex, right.store().hex)
    counts = page.context["comparison"].counts
    assert (counts["only left"], counts["only right"], counts["differs"]) == (1, 0, 2)
    for part in ("only left", "duration 4,200\u202fms → 5,100\u202fms", "duration 800\u202fms → 1,700\u202fms"):
        assert part in page.content.decode()


def test_changed_arguments_stand_beside_each_other(signed_in):
    sides = []
    for seats in (30, 40):
        it = Maker()
        it.call(1, None, 0, 5, arguments=json.dumps({"seats": seats, "plan": "team"}))
        sides.append(it.store().hex)
    page = compared(signed_in, *sides).content.decode()
    assert "arguments changed" in page
    assert "&quot;seats&quot;: 40" in page


def test_an_address_serves_as_well_as_an_id(signed_in):
    trace = agent_trace().store()
    assert compared(signed_in, f"https://salesboost.example{trace_url(trace)}", trace.hex.upper()).context["sides"]


def test_what_is_no_id_is_said(signed_in):
    assert "holds no trace id" in compared(signed_in, "nonsense", "").content.decode()


def test_a_trace_that_there_is_not_says_so(signed_in):
    answer = signed_in.get("/traces/compare/", {"a": "a" * 32, "b": "b" * 32})
    assert answer.status_code == 404


@pytest.mark.parametrize("spans", [2, 80])
def test_it_is_the_same_few_queries_however_many_spans(signed_in, spans, django_assert_num_queries):
    sides = []
    for _ in range(2):
        it = Maker()
        for number in range(1, spans + 1):
            it.call(number, None, number, 5)
        sides.append(it.store().hex)
    with django_assert_num_queries(6):  # session, user; of each trace its spans and their arguments
        compared(signed_in, *sides)
