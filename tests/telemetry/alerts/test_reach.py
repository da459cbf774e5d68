"""Whether anybody is told, and what is said where nobody is."""

import io
import random

import pytest
from django.urls import reverse

from salesboost.management.commands.prepare import Command
from telemetry.alerts.deliver import send_due, try_again
from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.incidents import recent_incidents
from telemetry.alerts.models import Delivery, Route
from telemetry.alerts.outbox import tell_test
from telemetry.alerts.reach import gap
from tests.telemetry.alerts.builders import NOON, at, make_calls, make_route, make_rule, the_incident
from tools.definition.registry import build_default_registry

pytestmark = pytest.mark.django_db
MAIL = {"to": ["ops@example.com"]}
NO_ROUTE = "Nobody is told of incidents: there is no route that is switched on."
ONLY_LOGGED = "Nobody is told of incidents: messages are written to the log only, since EMAIL_URL is not set."


@pytest.fixture
def no_mail_server(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"


def send(when=NOON):
    return send_due(when, random.Random(7))


def test_a_mail_without_a_mail_server_is_not_called_sent(no_mail_server, capsys):
    tell_test(make_route("email", MAIL), NOON)
    send()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.sent_at, delivery.error) == ("logged", None, "")
    assert delivery.get_status_display() == "written to the log only"
    assert "TEST: the route email works" in capsys.readouterr().out


def test_the_resolved_message_follows_the_firing_one_into_the_log(no_mail_server):
    make_rule()
    make_route("email", MAIL)
    make_calls(good=30, bad=70)
    evaluate(NOON)
    send()
    make_calls(good=100, when=at(400))
    evaluate(at(400))
    send(at(400))
    assert list(Delivery.objects.order_by("pk").values_list("kind", "status")) == [
        ("firing", "logged"),
        ("resolved", "logged"),
    ]


def test_lists_and_pages_say_it(no_mail_server, admin_client):
    make_rule()
    make_route("email", MAIL)
    make_calls(good=30, bad=70)
    evaluate(NOON)
    send()
    incident = the_incident()
    for page in (
        reverse("admin:alerts_delivery_changelist"),
        reverse("admin:alerts_incident_change", args=[incident.pk]),
        reverse("incident", args=[incident.pk]),
    ):
        assert "written to the log only" in admin_client.get(page).content.decode().lower()
    (view,) = recent_incidents(NOON)
    assert [told.status for told in view.told] == ["written to the log only"]


def test_a_test_message_says_at_once_that_it_reaches_nobody(no_mail_server, admin_client):
    route = make_route("email", MAIL)
    chosen = {"action": "send_test", "_selected_action": [route.pk]}
    said = admin_client.post(reverse("admin:alerts_route_changelist"), chosen, follow=True).content.decode()
    assert "is written to the log only, since EMAIL_URL is not set" in said


def test_a_mail_with_a_mail_server_is_sent(inbox):
    tell_test(make_route("email", MAIL), NOON)
    send()
    assert Delivery.objects.get().status == "sent"
    assert gap() == ""


def test_what_was_only_logged_can_be_sent_once_there_is_a_mail_server(no_mail_server, request):
    tell_test(make_route("email", MAIL), NOON)
    send()
    inbox = request.getfixturevalue("inbox")
    assert try_again(Delivery.objects.get(), at(60))
    send(at(60))
    assert (Delivery.objects.get().status, len(inbox.mails)) == ("sent", 1)


def test_without_a_route_nobody_is_told():
    assert gap() == NO_ROUTE
    make_route(enabled=False)
    assert gap() == NO_ROUTE


def test_routes_that_only_log_tell_nobody(no_mail_server):
    make_route("email", MAIL)
    assert gap() == ONLY_LOGGED
    make_route()
    assert gap() == ""


def test_routes_that_cannot_work_tell_nobody(settings):
    make_route(config={"uri": "https://example.com"})
    assert gap() == "Nobody is told of incidents: no route can work."
    make_route(name="sealed with a key that is gone")
    settings.SECRET_KEY = "another"
    assert gap() == "Nobody is told of incidents: no route can work."


@pytest.mark.parametrize("path", ["/", "/incidents/", "/system/"])
def test_pages_say_that_nobody_is_told_and_where_to_change_that(admin_client, path):
    assert NO_ROUTE in admin_client.get(path).content.decode()
    assert "Routes" in admin_client.get(path).content.decode()
    make_route()
    assert "Nobody is told" not in admin_client.get(path).content.decode()


def test_a_start_says_it_at_the_prompt(settings):
    said = io.StringIO()
    Command(stdout=said).make_rules(build_default_registry())
    assert NO_ROUTE in said.getvalue()
    page = reverse("admin:alerts_route_changelist")
    assert f"Add a route at {settings.PUBLIC_URL}{page}, or" in said.getvalue()
    make_route()
    said = io.StringIO()
    Command(stdout=said).make_rules(build_default_registry())
    assert "Nobody is told" not in said.getvalue()
    assert Route.objects.count() == 1
