"""The other pages: one call, incidents, system, login, errors."""

from urllib.parse import urlsplit

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from dashboard.addresses.links import trace_url
from telemetry.alerts.models import Incident, IncidentEvent
from telemetry.models import Heartbeat
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.dashboard.builders import call_row, open_incident

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


@pytest.mark.parametrize(
    "path", ["/", "/calls/", "/incidents/", "/incidents/1/", "/system/", "/sessions/", "/traces/compare/"]
)
def test_every_page_is_behind_the_login(client, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))


def test_a_wrong_password_is_said_kindly(client):
    answer = client.post(reverse("login"), {"username": "ana", "password": "wrong"})
    assert "Please enter a correct username and password" in text(answer)
    assert 'role="alert"' in text(answer)


def test_signing_in_leads_back_to_the_page_asked_for(client, django_user_model):
    django_user_model.objects.create_user("ana", password="correct horse")
    answer = client.post(
        "/login/?next=/traces/", {"username": "ana", "password": "correct horse", "next": "/traces/"}
    )
    assert answer.url == "/traces/"


def test_pages_forbid_inline_scripts(signed_in):
    policy = signed_in.get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


@pytest.mark.parametrize(
    ("old", "query"),
    [
        ("tool=crm&outcome=failed&period=24h", "is:tool tool:crm outcome:failed origin:counted"),
        ("session_id=a b&caller_role=coach&before=x", 'is:tool role:coach session:"a b" origin:counted'),
        ("", "is:tool origin:counted"),
    ],
)
def test_addresses_of_the_old_list_lead_to_the_search(signed_in, old, query):
    answer = signed_in.get(f"/calls/?{old}")
    assert answer.status_code == 301
    asked = QueryDict(urlsplit(answer.url).query)
    assert (urlsplit(answer.url).path, asked["q"]) == ("/traces/", query)
    assert asked["period"] == ("24h" if "24h" in old else "15m")


def test_what_a_call_carries_cannot_become_markup(signed_in):
    row = call_row(Outcome.TOOL_BUG, error_message="<script>alert(1)</script>", result="<b>", tool="a<b")
    write_spans([row])
    for path in ("/", "/traces/?whole=1", trace_url(row.trace_id)):
        html = text(signed_in.get(path))
        assert "<script>alert" not in html
        assert "a<b" not in html


def test_an_open_incident_heads_the_overview(signed_in):
    open_incident()
    html = text(signed_in.get("/"))
    assert "1 incident" in html
    assert "crm_integration is at 81.2 % now, below 90 % for 24 min" in html


def test_acknowledging_names_who_takes_care(signed_in):
    incident = open_incident()
    answer = signed_in.post(reverse("acknowledge", args=[incident.pk]), headers={"HX-Request": "true"})
    assert "ana takes care of it" in text(answer)
    assert "Acknowledge</button>" not in text(answer)
    assert Incident.objects.get().acknowledged_by.username == "ana"


def test_acknowledging_wants_the_token_of_the_page(django_user_model):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(django_user_model.objects.create_user("mia"))
    answer = strict.post(reverse("acknowledge", args=[open_incident().pk]))
    assert answer.status_code == 403
    assert "You may not see this" in text(answer)


def test_an_incident_has_its_timeline(signed_in):
    incident = open_incident()
    IncidentEvent.objects.create(incident=incident, at=timezone.now(), text="Told the on-call.")
    html = text(signed_in.get(reverse("incident", args=[incident.pk])))
    assert "Told the on-call." in html
    assert "there is no route" in html


@pytest.mark.parametrize("count", [1, 20])
def test_incidents_cost_the_same_queries_however_many(signed_in, count, django_assert_num_queries):
    for number in range(count):
        open_incident(tool=f"tool_{number}", resolved_at=timezone.now())
    with django_assert_num_queries(7):  # session, user, open; newest, deliveries, states; routes
        signed_in.get("/incidents/")


def test_the_system_page_says_what_is_missing(signed_in):
    Heartbeat.objects.all().delete()  # a worker of another test may have beaten
    html = text(signed_in.get("/system/"))
    assert "no beat yet" in html
    assert "Ingest lag" in html


@pytest.mark.parametrize("path", ["/static/vendor/plotly.min.js", "/static/django_htmx/htmx-2.min.js"])
def test_scripts_come_out_of_the_installed_packages(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/static/vendor/widgetbundle.js", "/static/vendor/datasets/iris.csv.gz"])
def test_nothing_else_of_plotly_is_served(client, path):
    assert client.get(path).status_code == 404
