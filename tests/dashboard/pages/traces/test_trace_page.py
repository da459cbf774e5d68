"""A trace's page on a real Postgres."""

import json
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from dashboard.addresses.links import hex16, trace_url
from telemetry.spans.rows import SourceKey
from tests.dashboard.pages.traces.stored import FINGERPRINT, Maker, agent_trace

pytestmark = pytest.mark.django_db


@pytest.fixture
def trace():
    return agent_trace().store()


def html(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def opened(client, trace, number, **more):
    return html(client.get(trace_url(trace, span_id=number), **more))


@pytest.mark.parametrize("path", ["", "otlp.json", f"{'b' * 16}/"])
def test_it_is_behind_the_login(client, path):
    answer = client.get(f"/traces/{'a' * 32}/{path}")
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))


def test_the_head_says_what_the_trace_did(signed_in, trace):
    page = html(signed_in.get(trace_url(trace)))
    for part in (
        *("sales-coach", "ended well after errors", "4,200\u202fms", "1,624 in · 128 out", "$0.0041 + 1 unpriced"),
        *(
            "2 failed",
            "1 refused",
            "Asked a model twice and made 6 tool calls (crm_integration, ",
            "1 span with a parent that is not here",
        ),
    ):
        assert part in page


def test_attempts_waits_and_marks_are_drawn_in_place(signed_in, trace):
    page = html(signed_in.get(trace_url(trace)))
    for part in ("attempt 1: timeout, 500.0", "waited before the next try, 250.0", "waited for its turn, 380.0"):
        assert part in page
    for mark in ("■ cache hit", "⊘ breaker open", "◷ rate limited", "↻ 2 attempts"):
        assert mark in page
    assert "parent missing" in page


def test_the_failed_span_is_open_unless_a_link_names_another(signed_in, trace):
    assert "Try again" not in opened(signed_in, trace, 3)
    page = html(signed_in.get(trace_url(trace)))
    assert "it ended in breaker_open" in page


def test_a_link_opens_its_span_with_what_it_was_given_and_gave(signed_in, trace):
    page = opened(signed_in, trace, 3)
    assert 'aria-current="true">crm_integration</a>' in page
    for part in ("&quot;customer_id&quot;: &quot;CUST001&quot;", "&quot;seats&quot;: 12", "succeeded", "timeout"):
        assert part in page


def test_an_error_comes_with_its_layer_its_hint_and_how_often_it_was_seen(signed_in, trace):
    agent_trace().store()
    page = opened(signed_in, trace, 9)
    assert "seen 2 times since" in page
    assert f'href="{reverse("error", args=[hex16(FINGERPRINT)])}"' in page
    for part in ("The CRM answered 503", "layer: provider error", "Try again in a minute", "provider_unavailable"):
        assert part in page


def test_messages_are_read_as_a_conversation(signed_in, trace):
    page = opened(signed_in, trace, 10)
    for part in ("What would 30 seats cost CUST001", "$1,134 a month", "→ <span", "sales-v7", "openai · gpt-4o"):
        assert part in page


def test_resource_scope_and_links_are_shown(signed_in):
    it = Maker()
    source = SourceKey('{"host.name": "web-7"}', "my.tracer", "1.2", '{"team": "north"}')
    linked = [{"trace_id": "ab" * 16, "span_id": "cd" * 8, "attributes": {"why": "retry of"}}]
    it.other(1, None, 0, 5, source=source, links=linked)
    page = opened(signed_in, it.store(), 1)
    for part in ("web-7", "my.tracer", "1.2", "north", "ab" * 16, "retry of"):
        assert part in page


def test_what_a_span_carries_cannot_become_markup(signed_in):
    it = Maker()
    evil = "<script>alert(1)</script>"
    it.call(1, None, 0, 5, tool=evil, arguments=evil, result=evil, attributes={evil: evil}, error_message=evil)
    it.model(2, 1, 0, 5, messages=json.dumps({"input": evil}), model=evil)
    trace = it.store()
    for number in (1, 2):
        assert "<script>alert" not in opened(signed_in, trace, number)
    assert "<script>alert" not in html(signed_in.get(f"{trace_url(trace)}?view=flame"))


def test_the_flame_graph_has_every_span(signed_in, trace):
    page = html(signed_in.get(f"{trace_url(trace)}?view=flame"))
    assert page.count('class="box ') == 12


def test_htmx_gets_the_span_alone_and_a_browser_the_page_with_it(signed_in, trace):
    path = f"/traces/{trace.hex}/{hex16(9)}/"
    part = html(signed_in.get(path, headers={"HX-Request": "true"}))
    assert "The CRM answered 503" in part
    assert "<html" not in part
    assert signed_in.get(path).url == trace_url(trace, span_id=9)


def test_a_span_that_there_is_not_is_said_and_the_trace_shown(signed_in, trace):
    page = opened(signed_in, trace, 4711)
    assert f"no span {hex16(4711)}" in page
    assert "sales-coach" in page
    assert signed_in.get(f"/traces/{trace.hex}/{hex16(4711)}/", headers={"HX-Request": "true"}).status_code == 404


def test_a_trace_that_there_is_not_says_so(signed_in):
    answer = signed_in.get(f"/traces/{'a' * 32}/")
    assert answer.status_code == 404
    assert "There is no trace" in answer.content.decode()


def test_the_address_of_a_calls_page_leads_here(signed_in, trace):
    answer = signed_in.get(f"/calls/{trace.hex}/{hex16(-5)}/")
    assert answer.url == f"/traces/{trace.hex}/?span=fffffffffffffffb"


def test_an_error_costs_one_query_more(signed_in, trace, django_assert_num_queries):
    with django_assert_num_queries(6):  # and its group
        opened(signed_in, trace, 9)


@pytest.mark.parametrize("spans", [3, 300])
def test_the_page_is_the_same_few_queries_however_many_spans(signed_in, spans, django_assert_num_queries):
    it = Maker()
    for number in range(1, spans + 1):
        it.call(number, number - 1 or None, number, 5)
    trace = it.store()
    with django_assert_num_queries(5):  # session, user, spans, the open span, its payload
        signed_in.get(trace_url(trace))


def test_a_trace_of_thousands_of_spans_is_cut_and_keeps_its_errors(signed_in):
    it = Maker()
    it.other(1, None, 0, 9000)
    for number in range(2, 3002):
        failed = number == 2500
        it.other(number, 1, number, 1, status=2 if failed else 1, error_message="odd one" if failed else "")
    page = html(signed_in.get(trace_url(it.store())))
    assert "more spans" in page
    assert "step 2500" in page
    assert "step 2400" not in page
    assert page.count('class="bars"') == 1001


def test_what_was_cut_is_reached_by_a_link(signed_in):
    it = Maker()
    for number in range(1, 1501):
        it.other(number, None, number, 1)
    page = html(signed_in.get(trace_url(it.store()) + "?from=1000"))
    assert "step 1400" in page
    assert "step 400<" not in page


def test_the_end_of_a_long_history_is_shown_and_the_rest_folded(signed_in):
    history = [{"role": "user", "content": f"message {number}"} for number in range(30)]
    it = Maker()
    it.model(1, None, 0, 5, messages=json.dumps({"input": history}))
    page = opened(signed_in, it.store(), 1)
    assert "24 earlier messages" in page
    assert "message 29" in page


def test_a_trace_is_taken_away_as_otlp_json(signed_in, trace):
    answer = signed_in.get(reverse("trace_otlp", args=[trace.hex]))
    assert answer["Content-Disposition"] == f'attachment; filename="trace-{trace.hex}.json"'
    spans = [span for group in answer.json()["resourceSpans"] for span in group["scopeSpans"][0]["spans"]]
    assert {span["traceId"] for span in spans} == {trace.hex}
    assert len(spans) == 12
    names = {one["key"] for span in spans for one in span["attributes"]}
    assert {"gen_ai.tool.call.arguments", "gen_ai.input.messages", "salesboost.outcome"} <= names
    assert signed_in.get(f"/traces/{'a' * 32}/otlp.json").status_code == 404


def test_taking_a_trace_away_is_two_queries(signed_in, trace, django_assert_num_queries):
    with django_assert_num_queries(9):  # session, user, spans, payloads, and the five of a guarded read
        signed_in.get(reverse("trace_otlp", args=[trace.hex]))


def test_two_traces_at_the_same_time_stay_apart(signed_in, trace):
    other = Maker(uuid.uuid4(), began=agent_trace().began - timedelta(seconds=1))
    other.other(1, None, 0, 5, own_name="someone else's")
    other.store()
    assert "someone else" not in html(signed_in.get(trace_url(trace)))


def test_a_calls_id_leads_to_its_span(signed_in, trace, django_assert_num_queries):
    address = reverse("trace-by-call", args=["c1"])
    with django_assert_num_queries(3):  # session, user; the span
        answer = signed_in.get(address)
    assert (answer.status_code, answer.url) == (302, trace_url(trace, 3))
    assert "crm_integration" in signed_in.get(answer.url).content.decode()


@pytest.mark.parametrize("call_id", ["call_of_nobody", "a/b?c"])
def test_a_call_that_is_not_stored_says_when_it_will_be(signed_in, trace, call_id):
    answer = signed_in.get(reverse("trace-by-call", args=[call_id]))
    assert answer.status_code == 404 and "a second or two after the call" in answer.content.decode()
