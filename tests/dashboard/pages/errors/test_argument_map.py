"""The map of argument errors: schema path × model × prompt version."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.pages.errors import argument_map
from dashboard.pages.errors.argument_map import Rate, Sides, compared, maps
from dashboard.pages.errors.argument_queries import bad_values
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.dashboard.builders import store_calls, tally
from tests.dashboard.error_calls import bad_arguments, failure
from tools.models import Tool

HOUR = timedelta(hours=1)


def text(answer):
    return answer.content.decode()


def one_map(violations, calls):
    [found] = maps(violations, calls, Sides(), {})
    return found


def test_a_cell_is_the_share_of_the_calls_of_that_model_and_prompt():
    violations = {("crm", "gpt", "v1", "id", "missing"): 10, ("crm", "llama", "v1", "id", "type"): 30}
    calls = {("crm", "gpt", "v1"): tally(good=90, bad=10), ("crm", "llama", "v1"): tally(good=70, bad=30)}
    found = one_map(violations, calls)
    assert [column.model for column in found.columns] == ["llama", "gpt"]
    [line] = found.lines
    assert [(cell.rate.share, cell.word, cell.kind) for cell in line.cells] == [
        (0.3, "very often", "wrong type"),
        (0.1, "often", "missing"),
    ]
    assert (line.kinds, line.count) == ("wrong type, missing", 40)


def test_calls_that_the_role_forbade_were_never_read():
    calls = {("crm", "gpt", ""): tally(good=20, authorization=80)}
    [line] = one_map({("crm", "gpt", "", "id", "missing"): 1}, calls).lines
    assert line.cells[0].rate.n == 20


def test_a_rate_of_few_calls_is_not_stated():
    [line] = one_map({("crm", "gpt", "", "id", "missing"): 3}, {("crm", "gpt", ""): tally(good=4, bad=3)}).lines
    assert (line.cells[0].rate.few, line.cells[0].word) == (True, "too few")


@pytest.mark.parametrize(
    "before, after, word",
    [
        (Rate(80, 1000), Rate(20, 1000), "better"),
        (Rate(20, 1000), Rate(80, 1000), "worse"),
        (Rate(5, 100), Rate(4, 100), "no clear change"),
        (Rate(80, 1000), Rate(0, 10), "too few calls"),
    ],
)
def test_an_edit_made_it_better_only_where_the_intervals_lie_apart(before, after, word):
    assert compared(before, after).word == word


def test_bad_values_are_the_distinct_ones_that_were_sent_at_the_path():
    calls = [
        (["limit: type", "id: missing"], '{"limit": "many"}'),
        (["limit: type"], '{"limit": "many"}'),
        (["filter.size: type"], '{"filter": {"size": [1]}}'),
        (["lines[].sku: type"], '{"lines": [{"sku": 1}]}'),
        (["limit: type"], '{"limit": "ma'),
    ]
    found = {path: values for path, values in bad_values(calls).items() if values}
    assert found == {"limit": ['"many"'], "filter.size": ["[1]"]}


@pytest.mark.django_db
def test_the_page_teaches_where_nothing_broke(signed_in):
    assert "No argument broke a schema" in text(signed_in.get("/errors/arguments/"))


@pytest.mark.django_db
def test_the_page_shows_rate_count_kind_and_the_word(signed_in):
    store_calls(good=90, model="gpt-4o", prompt_version="v2")
    write_spans([bad_arguments("customer_id: missing", model="gpt-4o", prompt_version="v2") for _ in range(10)])
    html = text(signed_in.get("/errors/arguments/"))
    for part in ("customer_id", "<b>10.0\u202f%</b> often", "10 of 100 (5.5 – 17.4)", "missing", "prompt v2"):
        assert part in html


@pytest.mark.django_db
def test_a_tools_own_page_shows_values_that_were_sent(signed_in):
    write_spans([bad_arguments("limit: type", arguments='{"limit": "as many as there are"}')])
    assert "as many as there are" in text(signed_in.get("/errors/arguments/?tool=crm_integration"))
    assert "as many as there are" not in text(signed_in.get("/errors/arguments/"))


@pytest.mark.django_db
def test_an_edit_of_the_description_is_compared_before_and_after(signed_in):
    now = timezone.now()
    for at, bad in ((now - 3 * HOUR, 40), (now - timedelta(minutes=10), 2)):
        store_calls(good=100 - bad, at=at)
        write_spans([bad_arguments("customer_id: missing", at=at) for _ in range(bad)])
    tool = Tool.objects.create(name="crm_integration", description="Give customer_id, as CUST and digits.")
    tool.history.update(history_date=now - HOUR)
    [found] = signed_in.get("/errors/arguments/").context["maps"]
    [line] = found.lines
    assert (line.change.before, line.change.after) == (Rate(40, 100), Rate(2, 100))
    assert line.change.state.word == "better"
    assert argument_map.change_words(line.change) == "40.0\u202f% of 100 → 2.0\u202f% of 100"


@pytest.mark.django_db
def test_tools_whose_messages_name_no_argument_are_named(signed_in):
    write_spans([failure("400 Bad Request", Outcome.ARGUMENTS)])
    html = text(signed_in.get("/errors/arguments/"))
    assert "had 1 call with bad arguments" in html


@pytest.mark.django_db
def test_staff_are_led_to_the_description(client, admin_user):
    client.force_login(admin_user)
    write_spans([bad_arguments("id: missing"), bad_arguments("id: missing", tool="sms_outreach")])
    tool = Tool.objects.create(name="sms_outreach")
    html = text(client.get("/errors/arguments/"))
    assert f"/admin/tools/tool/{tool.pk}/change/#id_description" in html
    assert "/admin/tools/tool/?q=crm_integration" in html


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 20])
def test_the_map_costs_the_same_queries_however_many_arguments(signed_in, count, django_assert_num_queries):
    write_spans([bad_arguments(f"a{n}: missing", tool=f"tool_{n}", model=f"m{n}") for n in range(count)])
    with django_assert_num_queries(5):  # session, user, violations, calls, edits
        signed_in.get("/errors/arguments/")
