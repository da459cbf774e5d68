from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection

from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.incidents import acknowledge, open_incidents, recent_incidents
from tests.telemetry.alerts.builders import NOON, at, make_calls, make_route, make_rule, the_incident

pytestmark = pytest.mark.django_db


def break_tools(*tools):
    for tool in tools or ("crm",):
        make_calls(good=20, tool=tool, model="a")
        make_calls(good=10, bad=70, tool=tool, model="b")
    evaluate(NOON)


def test_an_open_incident_shows_what_the_last_look_saw():
    make_rule()
    break_tools()
    make_calls(good=100, when=at(60))
    evaluate(at(60))
    (shown,) = open_incidents(at(24 * 60))
    assert shown.sentence == "crm is at 65 % now, below 90 % for 24 min"
    assert (shown.value, shown.total, shown.worst_value, shown.severity) == (0.65, 200, 0.3, "critical")
    assert shown.interval[0] < 0.65 < shown.interval[1]


def test_the_evidence_names_layers_and_providers():
    make_rule()
    break_tools()
    evidence = the_incident().evidence
    assert evidence["layers"] == [{"layer": "timeout", "failed": 70, "share": 1.0}]
    assert [(row["model"], row["failed"], row["total"]) for row in evidence["providers"]] == [
        ("b", 70, 80),
        ("a", 0, 20),
    ]
    assert evidence["rule"]["threshold"] == 0.9
    (shown,) = open_incidents(NOON)
    assert shown.cause == "100 % of the failures are timeouts; 100 % come from calls made for openai b."


def test_a_provider_is_blamed_only_if_it_is_worse_than_the_others():
    make_rule()
    for provider in ("openai", "mistral"):
        make_calls(good=30, bad=70, provider=provider)
    evaluate(NOON)
    (shown,) = open_incidents(NOON)
    assert shown.cause == "100 % of the failures are timeouts."


def test_an_incident_without_calls_says_so():
    make_rule()
    break_tools()
    evaluate(at(3600))
    (shown,) = open_incidents(at(3600))
    assert (shown.too_few_calls, shown.value) == (True, None)
    assert shown.sentence == "crm has too few calls to judge; its incident is open for 60 min"


def test_an_ended_incident_says_how_it_was():
    make_rule()
    break_tools()
    make_calls(good=100, when=at(400))
    evaluate(at(400))
    assert open_incidents(at(400)) == []
    (shown,) = recent_incidents(at(400))
    assert shown.sentence == "crm was below 90 % for 6 min, 30 % at worst over 5 min"


def test_its_address_opens_its_page(admin_client, settings):
    settings.PUBLIC_URL = "https://salesboost.example.com"
    make_rule()
    break_tools()
    (shown,) = open_incidents(NOON)
    host, path = shown.url.split(".com")
    assert host == "https://salesboost.example"
    assert "crm" in admin_client.get(path).content.decode()


def test_it_shows_who_was_told():
    make_rule()
    make_route(name="pager")
    break_tools()
    (shown,) = open_incidents(NOON)
    assert [(told.route, told.kind, told.status) for told in shown.told] == [("pager", "firing", "pending")]


@pytest.mark.parametrize("tools", [["one"], ["one", "two", "three"]])
def test_reading_incidents_takes_three_queries(tools, django_assert_num_queries):
    make_rule()
    break_tools(*tools)
    with django_assert_num_queries(3):
        assert len(open_incidents(NOON)) == len(tools)
    with django_assert_num_queries(3):
        assert len(recent_incidents(NOON)) == len(tools)


def test_acknowledging_notes_who_and_when():
    make_rule()
    break_tools()
    ana = User.objects.create_user("ana")
    assert acknowledge(the_incident(), ana, at(30))
    assert (the_incident().acknowledged_by, the_incident().acknowledged_at) == (ana, at(30))
    assert the_incident().events.last().text == "Acknowledged by ana."


def test_an_ended_incident_cannot_be_acknowledged():
    make_rule()
    break_tools()
    make_calls(good=100, when=at(400))
    evaluate(at(400))
    assert not acknowledge(the_incident(), User.objects.create_user("ana"), at(401))


def test_only_the_first_of_many_acknowledges(transactional_db):
    make_rule()
    break_tools()
    users = [User.objects.create_user(f"user {number}") for number in range(4)]
    barrier, won = Barrier(4), []

    def one(user):
        barrier.wait()
        won.append(acknowledge(the_incident(), user, at(30)))
        connection.close()

    threads = [Thread(target=one, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, False, False, True]
    assert the_incident().events.count() == 2
