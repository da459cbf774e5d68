"""A session's page on a real Postgres."""

import json
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.addresses.links import session_url
from dashboard.pages.traces import queries, session_totals
from telemetry.semconv import Outcome
from tests.dashboard.pages.traces.stored import ANSWER, ASKS_CRM, CRM_ANSWER, QUESTION, SYSTEM, Maker, agent_trace

pytestmark = pytest.mark.django_db


def html(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def texts(answer):
    """What was said and called, turn by turn."""
    return [
        [
            item["message"].text or "uses" if item["kind"] == "said" else item["span"].label
            for item in turn["items"]
        ]
        for turn in answer.context["turns"]
    ]


def test_it_is_behind_the_login(client):
    assert client.get(session_url("s42")).url.startswith(reverse("login"))


def test_a_session_is_told_turn_by_turn_with_its_calls_in_place(signed_in):
    first = agent_trace()
    first.store()
    second = Maker(began=first.began + timedelta(minutes=1))
    history = [SYSTEM, QUESTION, ASKS_CRM, CRM_ANSWER, ANSWER, {"role": "user", "content": "And 40 seats?"}]
    messages = json.dumps({"input": history, "output": [{"role": "assistant", "content": "$1,512."}]})
    second.model(21, 20, 5, 400, messages=messages)
    second.other(20, None, 0, 410, operation="invoke_agent", agent="sales-coach", own_name=None)
    second.store()
    answer = signed_in.get(session_url("s42"))
    one, two = texts(answer)
    assert one == [
        *(SYSTEM["content"], QUESTION["content"], "uses", "crm_integration", "knowledge_retriever"),
        *("competitor_analysis", "sms_outreach", "price_calculator", "crm_integration", ANSWER["content"]),
    ]
    assert two == ["And 40 seats?", "$1,512."]
    page = html(answer)
    for part in (
        "2 turns",
        "3 requests to a model",
        "6 tool calls",
        "2 failed",
        "The CRM answered 503",
        "cache hit",
    ):
        assert part in page


def test_spans_that_do_not_name_the_session_belong_to_it_by_their_trace(signed_in):
    it = Maker(session="")
    it.other(1, None, 0, 100, session_id="s7")
    it.call(2, 1, 10, 20)
    it.store()
    assert texts(signed_in.get(session_url("s7"))) == [["crm_integration"]]


@pytest.mark.parametrize("session_id", ["a/../b", "..", "x?y=1&z", "käse 1", "<script>", "%2F", "a" * 256])
def test_an_id_may_be_any_text(signed_in, session_id):
    it = Maker(session=session_id)
    it.call(1, None, 0, 5)
    it.store()
    page = html(signed_in.get(session_url(session_id)))
    assert "<script>" not in page.split("</head>")[1]


def test_a_session_that_there_is_not_says_so(signed_in):
    for path in (session_url("nobody"), "/sessions/"):
        answer = signed_in.get(path)
        assert answer.status_code == 404
        assert "Nothing is kept of a session" in answer.content.decode()


@pytest.mark.parametrize("calls", [1, 60])
def test_it_is_the_same_few_queries_however_long(signed_in, calls, django_assert_num_queries):
    it = Maker()
    for number in range(calls):
        it.trace_id = uuid.uuid4()
        it.call(number + 1, None, number, 1)
    it.store()
    with django_assert_num_queries(5):  # session, user, what names it, its spans, their payloads
        signed_in.get(session_url("s42"))


def test_a_long_session_is_paged_and_every_call_is_on_one_page(signed_in, monkeypatch):
    monkeypatch.setattr(queries, "SESSION_SPANS", 20)
    it = Maker()
    for number in range(50):
        it.trace_id = uuid.uuid4()
        it.call(number + 1, None, number // 4, 1, tool=f"tool {number}")
    it.store()
    path, seen, pages = session_url("s42"), [], 0
    while path:
        answer = signed_in.get(path)
        seen += [label for turn in texts(answer) for label in turn]
        path, pages = answer.context["earlier"], pages + 1
    assert (len(seen), len(set(seen)), pages) == (50, 50, 3)


def test_what_failed_without_a_call_is_told(signed_in):
    it = Maker()
    it.model(1, None, 0, 50, status=2, error_type="overloaded", error_message="The model is overloaded.")
    it.call(2, None, 60, 5, outcome=Outcome.TOOL_BUG, status=2)
    it.store()
    assert "The model is overloaded." in html(signed_in.get(session_url("s42")))


def test_the_figures_of_a_long_session_are_of_all_of_it(signed_in, monkeypatch):
    it = Maker()
    for number in range(50):
        it.trace_id = uuid.uuid4()
        failed = {"outcome": Outcome.TIMEOUT, "status": 2} if number < 4 else {}
        it.call(number + 1, None, number * 1000, 1, tool=f"tool {number}", **failed)
    it.store()
    whole = signed_in.get(session_url("s42"))
    monkeypatch.setattr(queries, "SESSION_SPANS", 20)
    part = signed_in.get(session_url("s42"))
    assert part.context["totals"] == whole.context["totals"]
    assert (part.context["totals"].calls, part.context["totals"].failed) == (50, 4)
    assert "The figures are of the whole session" in html(part) and "The figures" not in html(whole)
    earlier = signed_in.get(part.context["earlier"])
    assert earlier.context["totals"] == whole.context["totals"]


def test_a_session_that_is_too_long_to_add_up_says_so(signed_in, monkeypatch):
    monkeypatch.setattr(queries, "SESSION_SPANS", 2)
    monkeypatch.setattr(session_totals, "MOST_TRACES", 2)
    it = Maker()
    for number in range(4):
        it.trace_id = uuid.uuid4()
        it.call(number + 1, None, number, 1)
    it.store()
    page = signed_in.get(session_url("s42"))
    assert page.context["totals"].calls == 2 and "too long to add up" in html(page)
