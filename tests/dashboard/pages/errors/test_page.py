"""The pages of errors: the list, one group, and what people decide."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from telemetry.errors.models import ErrorGroup, State
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.dashboard.builders import open_incident, store_calls
from tests.dashboard.error_calls import failure
from tools.models import Tool

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def text(answer):
    return answer.content.decode()


def the_group():
    return ErrorGroup.objects.get()


def page(client, group=None, **query):
    return client.get(reverse("error", args=[(group or the_group()).hex]), query)


def decide(client, state, **more):
    return client.post(reverse("error-decide", args=[the_group().hex]), {"state": state, **more})


@pytest.mark.parametrize("path", ["/errors/", f"/errors/{'a' * 16}/", "/errors/arguments/"])
def test_the_pages_are_behind_the_login(client, path):
    assert client.get(path).url.startswith(reverse("login"))


def test_nothing_failed_teaches_what_will_stand_here(signed_in):
    store_calls(good=1)
    assert "Nothing failed in the last 24 hours" in text(signed_in.get("/errors/?state=any"))


def test_a_group_is_one_row_with_its_count_layer_and_whom_it_meets(signed_in):
    write_spans([failure(f"crm did not answer within {n} s.", model=f"gpt-{n % 2}") for n in range(6)])
    answer = signed_in.get("/errors/")
    [row] = answer.context["rows"]
    assert (row.in_period, row.state.word, row.layer.word, row.affected) == (
        6,
        "new",
        "timeout",
        "gpt-0, gpt-1 · coach",
    )
    assert 'crm did not answer within <i class="hole">n</i> s.' in text(answer)


def test_a_group_is_new_for_an_hour(signed_in):
    write_spans([failure(at=timezone.now() - 2 * HOUR)])
    assert signed_in.get("/errors/").context["rows"][0].state.word == "open"


@pytest.mark.parametrize(
    "query, tools",
    [
        ("", {"crm", "sms"}),
        ("tool=sms", {"sms"}),
        ("layer=provider", {"sms"}),
        ("layer=timeout&tool=sms", set()),
        ("model=llama", {"sms"}),
        ("state=resolved", {"price"}),
        ("state=any", {"crm", "sms", "price"}),
        ("state=nonsense", {"crm", "sms"}),
    ],
)
def test_the_address_filters_the_list(signed_in, query, tools):
    write_spans(
        [
            failure(tool="crm"),
            failure(tool="sms", outcome=Outcome.PROVIDER, model="llama"),
            failure(tool="price"),
        ]
    )
    ErrorGroup.objects.filter(tool="price").update(state=State.RESOLVED, resolved_at=timezone.now())
    assert {row.group.tool for row in signed_in.get(f"/errors/?{query}").context["rows"]} == tools


def test_the_list_is_ordered_by_last_sight_or_by_count(signed_in):
    now = timezone.now()
    write_spans([failure("often", at=now - HOUR + timedelta(seconds=n)) for n in range(3)])
    write_spans([failure("lately", at=now)])

    def order(query):
        return [row.group.message for row in signed_in.get(f"/errors/?{query}").context["rows"]]

    assert order("") == ["lately", "often"]
    assert order("sort=count") == ["often", "lately"]


def test_only_what_occurred_in_the_period_is_listed_and_counted(signed_in):
    now = timezone.now()
    write_spans([failure("old", at=now - 20 * HOUR), failure("both", at=now - 20 * HOUR), failure("both", at=now)])
    [row] = signed_in.get("/errors/?period=90m").context["rows"]
    assert (row.group.message, row.in_period, row.group.count) == ("both", 1, 2)


@pytest.mark.parametrize("count", [1, 60])
def test_the_list_costs_the_same_queries_however_many_groups(signed_in, count, django_assert_num_queries):
    write_spans([failure(f"failure {'x' * n}") for n in range(count)])
    with django_assert_num_queries(7):  # session, user, facets, tools, groups, counts over time, words
        signed_in.get("/errors/")


def test_a_group_says_what_fails_since_when_and_whom_it_meets(signed_in):
    now = timezone.now()
    store_calls(good=36, model="gpt-4o")
    write_spans([failure(model="gpt-4o") for _ in range(4)] + [failure(model="llama", at=now - 2 * HOUR)])
    answer = page(signed_in)
    assert "Seen 5 times since" in text(answer)
    assert "4 in the last hour. Of the 5 in the last 24 hours 80\u202f% with the model gpt-4o." in text(answer)
    models = {part.word: part for part in dict(answer.context["breakdowns"])["Model"]}
    assert (models["gpt-4o"].count, models["gpt-4o"].calls, models["gpt-4o"].rate) == (4, 40, 0.1)
    assert (models["llama"].few, models["llama"].share) == (True, 0.2)


def test_a_group_of_spans_that_are_no_tool_calls_has_no_rate(signed_in):
    write_spans([failure("no answer", outcome="", tool="", operation="chat", status=2)])
    answer = page(signed_in)
    assert "Rate</th>" not in text(answer)
    assert "no answer" in text(answer)


def test_edits_and_incidents_stand_in_the_chart_of_a_group(signed_in):
    write_spans([failure()])
    open_incident()
    tool = Tool.objects.create(name="crm_integration")
    tool.timeout_s = 3
    tool.save()
    answer = page(signed_in)
    assert [edit.change for edit in answer.context["edits"]] == ["timeout default → 3\u202fs"]
    assert len(answer.context["figure"]["layout"]["shapes"]) == 2
    assert sum(answer.context["figure"]["data"][0]["y"]) == 1


def test_the_newest_examples_lead_to_their_traces(signed_in):
    rows = [failure(at=timezone.now() - timedelta(minutes=n)) for n in range(12)]
    write_spans(rows)
    html = text(page(signed_in))
    assert html.count(f"/traces/{rows[0].trace_id.hex}/") == 1
    assert sum(row.trace_id.hex in html for row in rows) == 10


def test_the_spellings_of_an_argument_stand_side_by_side_in_their_group(signed_in):
    said = "unknown argument '{}' (did you mean 'customer_id'?)"
    spellings = {"custmer_id": 3, "<b>costumer</b>": 2, "customerid": 1}
    write_spans([failure(said.format(name)) for name, times in spellings.items() for _ in range(times)])
    answer = page(signed_in)
    assert answer.context["wordings"].said == [(said.format(name), times) for name, times in spellings.items()]
    assert "How it was said" in text(answer) and "<b>costumer" not in text(answer)


@pytest.mark.parametrize(("count", "listed", "more"), [(1, None, None), (2, 2, 0), (30, 8, 22)])
def test_only_what_was_said_in_several_ways_is_listed_and_only_so_many(signed_in, count, listed, more):
    write_spans([failure(f"no customer {n} in the register") for n in range(count) for _ in range(2)])
    found = page(signed_in).context["wordings"]
    if listed is None:
        assert found is None
    else:
        assert (len(found.said), found.more, found.read) == (listed, more, 2 * count)


@pytest.mark.parametrize("count", [1, 40])
def test_a_group_costs_the_same_queries_however_often_it_occurred(signed_in, count, django_assert_num_queries):
    write_spans([failure(model=f"m{n}") for n in range(count)])
    group = the_group()
    # session, user, group, words, calls, course, hour, edits, incidents, messages, examples
    with django_assert_num_queries(11):
        page(signed_in, group)


def test_a_group_that_did_not_occur_in_the_period_says_so(signed_in):
    write_spans([failure(at=timezone.now() - 20 * HOUR)])
    assert "It did not occur in the last 90 minutes" in text(page(signed_in, period="90m"))


def test_a_group_that_there_is_not_says_so(signed_in):
    answer = signed_in.get(f"/errors/{'a' * 16}/")
    assert answer.status_code == 404
    assert "There is no group of errors" in text(answer)


def test_what_a_message_says_cannot_become_markup(signed_in):
    write_spans([failure("<script>alert</script>")])
    for answer in (signed_in.get("/errors/"), page(signed_in)):
        assert "<script>alert" not in text(answer)


def test_resolving_keeps_who_and_when_and_what_they_said(signed_in):
    write_spans([failure()])
    answer = decide(signed_in, "resolved", comment="the gateway's certificate")
    assert answer.url == reverse("error", args=[the_group().hex])
    group = the_group()
    assert (group.state, group.resolved_by.username, group.comment) == (
        State.RESOLVED,
        "ana",
        "the gateway's certificate",
    )
    assert "by ana" in text(page(signed_in))


def test_htmx_gets_the_part_that_changed(signed_in):
    write_spans([failure()])
    address = reverse("error-decide", args=[the_group().hex])
    html = text(signed_in.post(address, {"state": "ignored", "ignore": "7d"}, headers={"HX-Request": "true"}))
    assert html.lstrip().startswith('<div id="decision"')
    assert "ignored</span>" in html
    assert "until" in html


@pytest.mark.parametrize(
    "choice, words", [("", "for good"), ("100", "until it occurred 101 times"), ("nonsense", "for good")]
)
def test_ignoring_says_for_how_long(signed_in, choice, words):
    write_spans([failure()])
    decide(signed_in, "ignored", ignore=choice)
    assert words in text(page(signed_in))


def test_an_occurrence_after_it_was_resolved_is_told_with_who_had_resolved_it(signed_in):
    write_spans([failure(at=timezone.now() - HOUR)])
    decide(signed_in, "resolved")
    write_spans([failure(at=timezone.now() + timedelta(seconds=1))])
    html = text(page(signed_in))
    assert "reopened</span>" in html
    assert "after ana had resolved it" in html


def test_a_decision_that_there_is_not_is_refused(signed_in):
    write_spans([failure()])
    assert decide(signed_in, "deleted").status_code == 400
    assert the_group().state == State.OPEN


def test_deciding_wants_the_token_of_the_page(django_user_model):
    write_spans([failure()])
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(django_user_model.objects.create_user("mia"))
    assert decide(strict, "resolved").status_code == 403
    assert the_group().state == State.OPEN


def test_a_group_and_each_part_of_it_lead_to_their_spans_in_the_explorer(signed_in):
    write_spans([failure(model="gpt 4"), failure(model="llama"), failure("no route to host")])
    group = ErrorGroup.objects.get(count=2)
    html = text(page(signed_in, group))
    [whole, part] = [
        f"/traces/?q=fingerprint:{group.hex}&amp;period=24h",
        f"/traces/?q=fingerprint:{group.hex}%20model%3A%22gpt%204%22&amp;period=24h",
    ]
    assert whole in html
    assert part in html
    for address, spans in ((whole, 2), (part, 1)):
        assert len(signed_in.get(address.replace("&amp;", "&")).context["rows"]) == spans
