"""The page of costs, from stored spans."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.addresses.periods import PERIODS
from dashboard.live.pages import Watch, render
from dashboard.pages.costs import queries
from telemetry.cost import book
from telemetry.models import Span
from telemetry.store.batches import write_spans
from tests.dashboard.builders import call_row, store_calls
from tests.telemetry.cost.builders import enter, model_call

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def prices(db):
    book.forget()
    enter("2.5")
    enter("1", provider="groq", model="llama-3.3")
    yield
    book.forget()


def chat(number=1, **changes):
    return model_call(start_time=timezone.now() - timedelta(seconds=5), span_id=number, **changes)


def text(response):
    plain = re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u202f", " ").replace("&#x27;", "'")
    return re.sub(r"\s+", " ", plain)


def figure(response):
    found = re.search(r'id="figure-cost" type="application/json">(.*?)</script>', response.content.decode())
    return json.loads(found[1])["data"]


def test_the_page_is_behind_the_login(client):
    assert client.get("/costs/").status_code == 302


def test_cost_is_told_by_model_tool_key_and_session(signed_in):
    write_spans(
        [
            chat(session_id="s1", api_key="shop"),
            chat(2, provider="groq", model="llama-3.3", session_id="s2"),
            chat(3, operation="execute_tool", tool="summarise", outcome="first_try", session_id="s1"),
        ]
    )
    page = signed_in.get("/costs/")
    said = text(page)
    assert "Cost $6.00" in said
    assert "openai · gpt-4o $5.00 83 % 1,200,000 800,000 0" in said
    assert "summarise $2.50" in said
    assert "shop $2.50" in said
    assert "s1 $5.00 2" in said
    assert [line["name"] for line in figure(page)] == ["openai · gpt-4o", "groq · llama-3.3"]
    assert sum(sum(line["y"]) for line in figure(page)) == 6


def test_unpriced_calls_are_counted_named_and_lead_to_the_form(signed_in):
    write_spans([chat(), chat(2, model="gpt-99"), chat(3, model="gpt-99")])
    page = signed_in.get("/costs/")
    assert "at least; some calls are unpriced" in text(page)
    assert "openai · gpt-99 2 enter a price" in text(page)
    assert "/admin/cost/price/add/?provider=openai&amp;model=gpt-99" in page.content.decode()


def test_the_form_of_an_unpriced_model_is_filled_in(admin_client):
    form = admin_client.get("/admin/cost/price/add/?provider=openai&model=gpt-99&effective_from=2000-01-01")
    assert 'value="gpt-99"' in form.content.decode()
    assert 'value="2000-01-01"' in form.content.decode()


def test_tool_calls_without_tokens_cost_nothing_and_are_what_a_success_is_divided_by(signed_in):
    write_spans([chat()])
    store_calls(good=10, bad=1)
    said = text(signed_in.get("/costs/"))
    assert "Cost of a successful call $0.25 n = 10 successful tool calls" in said
    assert "No tool's own span tells of tokens." in said


def test_filters_and_periods_are_in_the_address(signed_in):
    write_spans([chat(), chat(2, provider="groq", model="llama-3.3")])
    assert "Cost $1.00" in text(signed_in.get("/costs/?provider=groq&period=24h"))
    assert "?period=7d&amp;provider=groq" in signed_in.get("/costs/?provider=groq").content.decode()


def test_an_empty_page_teaches(signed_in):
    said = text(signed_in.get("/costs/"))
    assert "send those of your application to /v1/traces" in said
    assert "Every call with tokens has a price." in said


def test_the_page_takes_the_same_few_queries_however_much_there_is(signed_in, django_assert_num_queries):
    write_spans([chat(number, session_id=f"s{number}", model=f"gpt-{number}") for number in range(1, 30)])
    # Session, user, eight of rollups, and sessions with their savepoint and its limit.
    with django_assert_num_queries(15):
        signed_in.get("/costs/")


def test_what_is_pushed_is_the_page_without_its_sessions(django_assert_num_queries):
    write_spans([chat(session_id="s1")])
    with django_assert_num_queries(9):
        parts = render(Watch.from_query({"page": "costs", "period": "15m"}))
    assert set(parts) == {"pulse", "tiles", "cost-figure", "unpriced", "models", "tools", "keys"}
    assert "$2.50" in parts["tiles"]


@pytest.mark.parametrize("key", PERIODS)
def test_the_chart_holds_all_that_the_total_holds(signed_in, key):
    write_spans([chat(), chat(2, provider="groq", model="llama-3.3")])
    page = signed_in.get(f"/costs/?period={key}")
    assert "Cost $3.50" in text(page)
    assert sum(sum(line["y"]) for line in figure(page)) == 3.5


def test_what_was_not_kept_of_a_session_is_in_its_cost(db):
    """Of ten spans alike one was kept; that of the other session is all there was."""
    write_spans([chat(1, session_id="thinned", model="gpt-4o"), chat(2, session_id="whole", model="gpt-4o")])
    Span.objects.filter(span_id=1).update(weight=10)
    window = PERIODS["24h"].window(timezone.now())
    thinned, whole = queries.dearest_sessions(window, {}, 5)
    assert (thinned.session_id, thinned.usd, thinned.spans) == ("thinned", whole.usd * 10, 10)
    assert (whole.session_id, whole.spans) == ("whole", 1)


def test_sessions_that_take_too_long_to_add_up_are_not_waited_for(signed_in, monkeypatch):
    monkeypatch.setattr(queries, "SESSIONS_MOST_MS", 20)

    def sleep(execute, sql, params, many, context):
        slow = "GROUP BY" in sql and '"session_id"' in sql
        return execute("SELECT pg_sleep(10)", (), many, context) if slow else execute(sql, params, many, context)

    with connection.execute_wrapper(sleep):
        assert "choose a shorter period" in text(signed_in.get("/costs/"))


def test_a_name_cannot_bring_markup_into_the_page(signed_in):
    write_spans([chat(model="<b>bold</b>"), call_row(tool="<i>x</i>", input_tokens=1)])
    assert "<b>bold" not in signed_in.get("/costs/").content.decode()


def test_invented_models_tools_and_keys_are_bounded_and_add_up(signed_in, monkeypatch):
    monkeypatch.setattr(queries, "MOST_ROWS", 3)
    write_spans(
        [chat(n, model=f"made up {n}", tool=f"tool {n}", api_key=f"key {n}", input_tokens=n) for n in range(1, 11)]
    )
    said = signed_in.get("/costs/").context
    for listed in (said["models"], said["tools"], said["keys"]):
        assert [row.name for row in listed][-1] == "and 7 more"
        assert sum(row.spent.input_tokens for row in listed) == 55
        assert sum(row.spent.unpriced for row in listed) == 10


def test_only_tools_whose_own_spans_tell_of_tokens_are_listed(signed_in):
    store_calls(good=3)
    write_spans([chat(1), chat(2, tool="summarise")])
    assert [row.name for row in signed_in.get("/costs/").context["tools"]] == ["summarise"]
