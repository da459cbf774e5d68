"""The trace explorer: its pages and parts as the server answers them."""

import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.models import SavedView
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.dashboard.builders import call_row, store_calls

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def address(path="/traces/", **query):
    return f"{path}?{urlencode(query)}"


def found(response):
    """The ids of the calls that a page lists."""
    return [row.span.tool_call_id for row in response.context["rows"]]


@pytest.mark.parametrize(
    "path", ["/traces/", "/traces/chart/", "/traces/facets/", "/traces/complete/", "/traces/views/1/"]
)
def test_everything_is_behind_the_login(client, path):
    assert client.get(path).url.startswith("/login/")


@pytest.mark.parametrize("path", ["/traces/views/", "/traces/views/1/delete/"])
def test_views_are_saved_and_deleted_by_those_signed_in_with_the_pages_token(client, django_user_model, path):
    assert client.post(path).url.startswith("/login/")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(django_user_model.objects.create_user("mia"))
    assert strict.post(path).status_code == 403
    assert strict.get(path).status_code == 405


def test_the_list_holds_what_the_query_asks_for(signed_in):
    store_calls(good=1, bad=1, tool="crm_integration")
    store_calls(good=1, bad=1, tool="price_calculator")
    answer = signed_in.get(address(q="tool:crm_integration outcome:failed"))
    assert len(found(answer)) == 1
    assert "it ended in timeout" in text(answer)


def test_every_match_is_on_exactly_one_page_and_the_way_back_is_the_same(signed_in):
    at = timezone.now()  # many at the same moment: the cursor has to tell them apart
    write_spans(
        [call_row(at=at - timedelta(seconds=number % 3), tool_call_id=f"c{number}") for number in range(120)]
    )
    there, query = [], "q=is:tool"
    while query:
        answer = signed_in.get(f"/traces/?{query}")
        there.append(found(answer))
        query, back = answer.context["older"], answer.context["newer"]
    assert [len(page) for page in there] == [50, 50, 20]
    assert len({call for page in there for call in page}) == 120
    assert found(signed_in.get(f"/traces/?{back}")) == there[1]


def tables_read(client, path):
    """The table of each query but those of the guard around a search, which sets limits and reads nothing."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [table[1] for query in captured if (table := re.search(r'FROM "(\w+)"', query["sql"]))]


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_is_six_queries_however_many_matches(signed_in, count):
    store_calls(good=count)
    search = ["telemetry_series", "telemetry_span", "telemetry_span"]  # of the provider, how far to walk, the walk
    assert tables_read(signed_in, "/traces/?q=provider:openai") == [
        *("django_session", "auth_user", "dashboard_savedview", *search)
    ]


@pytest.mark.parametrize(
    ("part", "tables"),
    [
        ("chart/?q=provider:openai", ["telemetry_series", "telemetry_rollup"]),
        ("facets/?q=provider:openai", ["telemetry_series", "telemetry_rollup", "telemetry_series"]),
        ("chart/?q=duration:>1ms", ["telemetry_span", "telemetry_span"]),
    ],
)
def test_what_follows_the_list_is_a_few_queries(signed_in, part, tables):
    store_calls(good=40, bad=10)
    assert tables_read(signed_in, f"/traces/{part}") == ["django_session", "auth_user", *tables]


def test_the_chart_counts_every_match_once(signed_in):
    store_calls(good=3, bad=2)
    store_calls(good=1, tool="price_calculator")
    html = text(signed_in.get(address("/traces/chart/", q="tool:crm_integration")))
    assert "5 matches" in html
    assert "2 failed" in html


def test_facets_count_the_values_of_the_matches(signed_in):
    store_calls(good=3, bad=2, model="gpt-4o")
    store_calls(good=1, model="llama-3.3-70b")
    answer = signed_in.get("/traces/facets/")
    values = {group.key: {v.label: v.count for v in group.values} for group in answer.context["facets"]["groups"]}
    assert values["model"] == {"gpt-4o": 5, "llama-3.3-70b": 1}
    assert values["outcome"] == {"first try": 4, "timeout": 2}


def test_without_scripts_a_plain_link_brings_the_whole_page(signed_in):
    store_calls(good=3, tool="price_calculator")
    assert "&amp;whole=1" in text(signed_in.get("/traces/"))
    html = text(signed_in.get("/traces/?whole=1"))
    assert "3 matches" in html
    assert "q=tool%3Aprice_calculator" in html


def test_a_wrong_query_is_explained_and_costs_no_search(signed_in, django_assert_num_queries):
    with django_assert_num_queries(3):  # session, user, views
        answer = signed_in.get(address(q="tool:crm statis:error"))
    assert 'aria-invalid="true"' in text(answer)
    assert "q=tool%3Acrm+status%3Aerror" in text(answer)


@pytest.mark.parametrize("query", ["(" * 1999, "é" * 3000, "tool:", "since:9999999d"])
def test_nonsense_is_answered_in_words(signed_in, query):
    answer = signed_in.get(address(q=query, before="nonsense~x", period="never"))
    assert answer.status_code == 200


def test_a_nonsense_cursor_leads_to_the_newest(signed_in):
    html = text(signed_in.get(address(before="nonsense")))
    assert "begin again at the first page" in html
    assert ">Newest</a>" in html


@pytest.mark.django_db(transaction=True)
def test_a_search_that_takes_too_long_says_what_to_do(signed_in):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE telemetry_span")
            html = text(signed_in.get(address(q="duration:>1ms", whole=1)))
    finally:
        other.close()
    assert html.count("add a condition that narrows it") == 3  # the list, the chart, what narrows


def test_nothing_found_teaches_by_examples(signed_in):
    html = text(signed_in.get(address(q="tool:nothing")))
    assert "Nothing matches" in html
    assert "q=outcome%3Afailed" in html


def test_a_swap_of_the_page_names_its_address(signed_in):
    answer = signed_in.get(
        address(q="tool:crm", since="2026-11-21T14:00:00"),
        headers={"HX-Request": "true", "HX-Target": "explorer"},
    )
    assert answer["HX-Push-Url"] == "/traces/?q=tool%3Acrm+since%3A2026-11-21T14%3A00%3A00&period=15m"
    assert "<html" not in text(answer)
    assert 'hx-swap-oob="true"' in text(answer)


def test_turning_a_page_swaps_the_list_alone(signed_in):
    answer = signed_in.get("/traces/", headers={"HX-Request": "true", "HX-Target": "list"})
    assert text(answer).lstrip().startswith("<section")
    assert 'id="q"' not in text(answer)


def test_keys_and_values_are_completed(signed_in):
    store_calls(good=1, tool="price_calculator")
    keys = signed_in.get(address("/traces/complete/", q="dur", at=3)).json()["completions"]
    assert (keys[0]["insert"], keys[0]["start"], keys[0]["end"]) == ("duration:", 0, 3)
    values = signed_in.get(address("/traces/complete/", q="a tool:pri", at=10)).json()["completions"]
    assert [value["label"] for value in values] == ["price_calculator"]


@pytest.mark.parametrize("at", ["", "-1", "x", "9" * 5000])
def test_completion_takes_any_place(signed_in, at):
    assert signed_in.get(address("/traces/complete/", q="dur", at=at)).status_code == 200


def save(client, name="Failures", q="outcome:failed", **more):
    return client.post("/traces/views/", {"name": name, "q": q, "period": "24h", **more})


def test_a_search_is_saved_listed_and_opened_by_its_link(signed_in):
    assert save(signed_in).url == "/traces/?q=outcome%3Afailed&period=24h"
    view = SavedView.objects.get()
    assert (view.owner.username, view.shared) == ("ana", False)
    assert view.get_absolute_url() in text(signed_in.get("/traces/"))
    assert signed_in.get(view.get_absolute_url()).url == "/traces/?q=outcome%3Afailed&period=24h"


def test_saving_under_the_same_name_replaces_the_view(signed_in):
    save(signed_in)
    save(signed_in, q="status:error", shared="on")
    assert list(SavedView.objects.values_list("query", "shared")) == [("status:error", True)]


def test_a_view_without_a_name_is_called_after_its_query(signed_in):
    save(signed_in, name="  ", q="tool:" + "x" * 200)
    save(signed_in, name="", q="")
    assert [view.name[:6] for view in SavedView.objects.all()] == ["everyt", "tool:x"]


def test_others_see_and_open_only_what_is_shared(signed_in, client, django_user_model):
    other = django_user_model.objects.create_user("mia")
    mine, shared = (
        SavedView.objects.create(owner=other, name=name, period="24h", shared=name == "open")
        for name in ("secret", "open")
    )
    html = text(signed_in.get("/traces/"))
    assert ("secret" in html, "by mia" in html) == (False, True)
    assert signed_in.get(mine.get_absolute_url()).status_code == 404
    assert signed_in.get(shared.get_absolute_url()).status_code == 302


def test_only_the_owner_deletes_a_view(signed_in, django_user_model):
    theirs = SavedView.objects.create(
        owner=django_user_model.objects.create_user("mia"), name="open", period="24h", shared=True
    )
    assert signed_in.post(f"/traces/views/{theirs.pk}/delete/").status_code == 404
    save(signed_in)
    mine = SavedView.objects.get(name="Failures")
    assert signed_in.post(f"/traces/views/{mine.pk}/delete/?q=a").url == "/traces/?q=a&period=15m"
    assert list(SavedView.objects.all()) == [theirs]


def test_an_administrator_sees_all_views(admin_client, admin_user):
    SavedView.objects.create(owner=admin_user, name="Failures", query="outcome:failed", period="24h")
    assert "outcome:failed" in text(admin_client.get("/admin/dashboard/savedview/"))


def test_tokens_without_a_price_are_said_to_have_none(signed_in):
    chat = {"outcome": "", "tool": "", "operation": "chat", "output_tokens": 0}
    write_spans(
        [call_row(**chat, input_tokens=1200), call_row(**chat, input_tokens=9, cost_usd=Decimal("0.0041"))]
    )
    rows = signed_in.get("/traces/").context["rows"]
    assert {(row.tokens, row.cost) for row in rows} == {(1200, "unpriced"), (9, "$0.0041")}


def test_columns_that_would_be_blank_are_left_out(signed_in):
    write_spans([call_row(Outcome.FIRST_TRY, caller_role="", session_id="")])
    html = text(signed_in.get("/traces/"))
    assert ("Session</th>" in html, "Role</th>" in html, "Error</th>" in html) == (False, False, False)
    write_spans([call_row(Outcome.TIMEOUT, session_id="s1")])
    html = text(signed_in.get("/traces/"))
    assert ("Session</th>" in html, "Error</th>" in html) == (True, True)
