import html
import json
import sys
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from telemetry.alerts.channels import CHANNELS
from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.models import Delivery, Incident, Route, Rule
from telemetry.alerts.outbox import tell_test
from tests.telemetry.alerts.builders import NOON, SECRET, make_calls, make_route, make_rule, the_incident

pytestmark = pytest.mark.django_db
OTHER_SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


def form(**given):
    config = {"url": "https://example.com/in"}
    return {
        "name": "hook",
        "kind": "webhook",
        "config": json.dumps(config),
        "secret": "",
        "minimum_severity": "10",
    } | given


def edit(client, route, **given):
    return client.post(reverse("admin:alerts_route_change", args=[route.pk]), form(**given))


def act(client, page, action, *rows):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(f"admin:alerts_{page}_changelist"), chosen, follow=True)


def break_crm():
    make_rule()
    make_route(name="pager")
    make_calls(good=30, bad=70)
    evaluate(NOON)


@pytest.mark.parametrize("page", ["rule", "route", "incident", "delivery"])
def test_every_list_and_page_opens(admin_client, page):
    break_crm()
    row = {"rule": Rule, "route": Route, "incident": Incident, "delivery": Delivery}[page].objects.get()
    assert admin_client.get(reverse(f"admin:alerts_{page}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:alerts_{page}_change", args=[row.pk])).status_code == 200


def test_an_incident_shows_its_evidence_timeline_and_deliveries(admin_client):
    break_crm()
    page = admin_client.get(reverse("admin:alerts_incident_change", args=[the_incident().pk])).content.decode()
    for said in ("30 of 100 calls succeeded in 5 min", "timeout: 70 (100 %)", "Fired: crm is at 30 %", "pager"):
        assert said in page


def test_a_rule_shows_where_it_stands_for_each_tool(admin_client):
    break_crm()
    page = admin_client.get(reverse("admin:alerts_rule_change", args=[Rule.objects.get().pk])).content.decode()
    for said in ("crm", "Firing", "Breach", "30 %"):
        assert said in page


def test_a_rule_with_incidents_is_not_deleted(admin_client):
    break_crm()
    admin_client.post(reverse("admin:alerts_rule_delete", args=[Rule.objects.get().pk]), {"post": "yes"})
    assert Rule.objects.exists()
    assert the_incident().rule.name == "Success rate"


def test_a_secret_is_never_shown(admin_client):
    route = make_route(name="hook")
    edit(admin_client, route, name="renamed")
    pages = ["admin:alerts_route_change", "admin:alerts_route_history"]
    texts = [admin_client.get(reverse(page, args=[route.pk])).content.decode() for page in pages]
    old = route.history.earliest()
    texts.append(
        admin_client.get(reverse("admin:alerts_route_simple_history", args=[route.pk, old.pk])).content.decode()
    )
    assert "hook" in texts[0] + texts[2]
    assert not any(SECRET in text for text in texts)
    assert not any("secret" in entry for entry in route.history.values())


def test_a_blank_secret_keeps_the_stored_one(admin_client):
    route = make_route(name="hook")
    edit(admin_client, route, name="renamed")
    route.refresh_from_db()
    assert (route.name, route.secret) == ("renamed", SECRET)


def test_a_new_secret_replaces_the_stored_one(admin_client):
    route = make_route(name="hook")
    edit(admin_client, route, secret=OTHER_SECRET)
    route.refresh_from_db()
    assert route.secret == OTHER_SECRET


def test_a_webhooks_secret_does_not_become_an_email_routes(admin_client):
    route = make_route(name="hook")
    edit(admin_client, route, kind="email", config='{"to": ["ops@example.com"]}')
    route.refresh_from_db()
    assert (route.kind, route.secret) == ("email", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"secret": "x y"}, "The secret must be"),
        ({"config": "{}"}, "and nothing else"),
        ({"config": '{"url": "ftp://x"}'}, "is not an http:// or https:// address"),
        ({"kind": "email", "config": '{"to": ["nobody"]}'}, "is not an e-mail address"),
    ],
)
def test_a_route_that_cannot_work_is_refused_with_a_sentence(admin_client, given, sentence):
    response = admin_client.post(reverse("admin:alerts_route_add"), form(**given))
    assert sentence in response.content.decode()
    assert not Route.objects.exists()


def test_a_rule_that_can_never_fire_is_refused(admin_client):
    rule = make_rule()
    page = reverse("admin:alerts_rule_change", args=[rule.pk])
    shown = admin_client.get(page).context["adminform"].form.initial
    fields = {name: "" if value is None else value for name, value in shown.items()}
    counts = {"states-TOTAL_FORMS": 0, "states-INITIAL_FORMS": 0}
    response = admin_client.post(page, fields | counts | {"threshold": "0"})
    assert "this rule could never fire" in response.content.decode()


def test_a_test_message_goes_through_the_outbox(admin_client):
    act(admin_client, "route", "send_test", make_route(name="pager"))
    delivery = Delivery.objects.get()
    assert (delivery.kind, delivery.status, delivery.route_name) == ("test", "pending", "pager")
    assert delivery.message["data"]["summary"] == "TEST: the route pager works"


def test_saving_can_send_a_test_message(admin_client):
    route = make_route(name="hook")
    edit(admin_client, route, enabled="on", alerts_route_save_and_test="1")
    assert Delivery.objects.get().kind == "test"


def test_a_route_that_is_off_is_not_tested(admin_client):
    response = act(admin_client, "route", "send_test", make_route(name="pager", enabled=False))
    assert "pager is switched off" in response.content.decode()
    assert not Delivery.objects.exists()


class Pager:
    """A third channel: nothing else is told of it but its line."""

    EXAMPLE = {"number": "+1 555 0100"}
    SECRET = "A pager proves who it is with it."


def test_the_form_of_a_route_says_what_each_channel_is_configured_by(admin_client, monkeypatch):
    monkeypatch.setitem(CHANNELS, "pager", ("pager", f"{__name__}.Pager"))
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(Pager=Pager))
    page = html.unescape(admin_client.get(reverse("admin:alerts_route_add")).content.decode())
    assert (
        'E-mail: {"to": ["ops@example.com"]}. Signed webhook: {"url": "https://example.com/hook"}. Pager: {"'
        in page
    )
    assert "“whsec_” and base64. A pager proves who it is with it. Left blank, the stored one is kept." in page


def test_an_incident_is_acknowledged_from_its_list(admin_client, admin_user):
    break_crm()
    act(admin_client, "incident", "acknowledge", the_incident())
    assert the_incident().acknowledged_by == admin_user


def test_who_may_only_look_may_not_acknowledge(client):
    break_crm()
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_incident"))
    client.force_login(viewer)
    act(client, "incident", "acknowledge", the_incident())
    assert the_incident().acknowledged_at is None


def test_a_failed_delivery_is_queued_again(admin_client):
    tell_test(make_route(name="pager"), NOON)
    Delivery.objects.update(status="failed", attempts=13)
    act(admin_client, "delivery", "try_again", Delivery.objects.get())
    assert Delivery.objects.get().status == "pending"


def test_incidents_are_not_edited_by_hand(admin_client):
    break_crm()
    page = reverse("admin:alerts_incident_change", args=[the_incident().pk])
    assert admin_client.post(page, {"summary": "nothing happened"}).status_code == 403


@pytest.mark.parametrize("rows", [1, 8])
def test_the_list_of_incidents_takes_as_many_queries_for_many(admin_client, rows, django_assert_max_num_queries):
    make_rule()
    for number in range(rows):
        make_calls(bad=100, tool=f"tool {number}")
    evaluate(NOON)
    with django_assert_max_num_queries(10):
        admin_client.get(reverse("admin:alerts_incident_changelist"))
