"""Secrets of routes are sealed in the database, and outlive a change of the key."""

import io
import random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from telemetry.alerts.deliver import send_due
from telemetry.alerts.models import Delivery, Route
from telemetry.alerts.outbox import tell_test
from telemetry.alerts.seed import seed_default_route
from telemetry.database.sealing import MARK, UNOPENED, seal
from tests.telemetry.alerts.builders import NOON, SECRET, at, make_route

pytestmark = pytest.mark.django_db
OTHER_SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
FORMER = "tests-only"  # tests.servers


def stored(name="webhook"):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM alerts_route WHERE name = %s", [name])
        return cursor.fetchone()[0]


def new_key(settings, *former):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "newest", list(former)


def test_the_database_never_holds_a_secret_in_plain_text():
    route = make_route()
    assert stored().startswith(MARK)
    assert SECRET not in stored()
    assert Route.objects.get().secret == SECRET
    route.name = "renamed"
    route.save()
    Route.objects.update(secret=OTHER_SECRET)
    assert stored("renamed").startswith(MARK)
    assert Route.objects.get().secret == OTHER_SECRET


def test_history_never_had_it():
    route = make_route()
    route.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(row)::text FROM alerts_historicalroute AS row")
        assert not [row for (row,) in cursor.fetchall() if "whsec" in row or MARK in row]


def test_a_route_without_a_secret_has_none_in_the_database():
    make_route("email", {"to": ["ops@example.com"]})
    assert stored("email") == ""


def test_a_message_is_signed_as_before_after_the_key_changed(receiver, settings):
    make_route(config={"url": receiver.url})
    new_key(settings, FORMER)
    tell_test(Route.objects.get(), NOON)
    assert send_due(NOON, random.Random(7)) == 1


def test_after_resealing_the_former_key_is_not_needed(settings):
    make_route()
    make_route("email", {"to": ["ops@example.com"]})
    new_key(settings, FORMER)
    said = io.StringIO()
    call_command("reseal_secrets", stdout=said)
    assert said.getvalue() == "1 secret sealed with the newest key.\n"
    new_key(settings)
    assert Route.objects.get(name="webhook").secret == SECRET
    call_command("reseal_secrets", stdout=said)
    assert said.getvalue().endswith("\nAll secrets are sealed with the newest key.\n")


def test_a_secret_that_no_key_opens_is_named_and_kept(settings):
    make_route(name="pager")
    before = stored("pager")
    new_key(settings)
    with pytest.raises(CommandError, match="The route pager cannot work: No key opens the stored secret"):
        call_command("reseal_secrets")
    route = Route.objects.get()
    route.name = "renamed"
    route.save()
    assert stored("renamed") == before
    settings.SECRET_KEY = FORMER
    assert Route.objects.get().secret == SECRET


def test_the_deliveries_of_such_a_route_say_so_and_go_out_once_the_key_is_there(receiver, settings):
    tell_test(make_route(config={"url": receiver.url}), NOON)
    new_key(settings)
    assert send_due(NOON, random.Random(7)) == 0
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.error) == ("pending", f"The route cannot work: {UNOPENED}")
    new_key(settings, FORMER)
    assert send_due(at(60), random.Random(7)) == 1


def test_one_lost_secret_does_not_hold_up_another_route(receiver, settings):
    lost = make_route(name="lost", config={"url": receiver.url})
    new_key(settings)
    for route in (lost, make_route(config={"url": receiver.url})):
        tell_test(Route.objects.get(pk=route.pk), NOON)
    assert send_due(NOON, random.Random(7)) == 1


def test_the_admin_says_it_instead_of_failing(admin_client, admin_user, settings):
    route = make_route(name="pager")
    new_key(settings)
    admin_client.force_login(admin_user)  # the session of before was signed with the former key
    page = reverse("admin:alerts_route_change", args=[route.pk])
    assert admin_client.get(page).status_code == 200
    assert admin_client.get(reverse("admin:alerts_route_changelist")).status_code == 200
    fields = {
        "name": "pager",
        "kind": "webhook",
        "config": '{"url": "https://example.com"}',
        "minimum_severity": 10,
    }
    answer = admin_client.post(page, {**fields, "secret": ""})
    assert UNOPENED in answer.content.decode()
    assert admin_client.post(page, {**fields, "secret": OTHER_SECRET}).status_code == 302
    assert Route.objects.get().secret == OTHER_SECRET


def test_a_start_does_not_make_up_another_secret_for_one_that_is_lost(settings):
    settings.ALERT_WEBHOOK_URL = "https://example.com"
    seed_default_route()
    before = Route.objects.get().secret
    new_key(settings)
    said = io.StringIO()
    seed_default_route(said)
    assert said.getvalue() == ""
    new_key(settings, FORMER)
    assert Route.objects.get().secret == before
    new_key(settings)
    settings.ALERT_WEBHOOK_SECRET = OTHER_SECRET
    seed_default_route()
    assert Route.objects.get().secret == OTHER_SECRET


def test_the_migration_seals_what_lay_there_and_opens_it_on_the_way_back(transactional_db):
    make_route()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_route SET secret = %s", [SECRET])
    tell_test(Route.objects.get(), NOON)
    Delivery.objects.update(status="sent", sent_at=NOON, response_excerpt="Written to the log: …")
    before, sealing = two_migrations()
    try:
        migrate(before)
        assert stored() == SECRET
        migrate(sealing)
        assert stored().startswith(MARK)
        assert Route.objects.get().secret == SECRET
        assert Delivery.objects.get().status == "logged"
        migrate(before)
        assert stored() == SECRET
    finally:
        migrate(*graph().leaf_nodes("alerts"))


def migrate(*nodes):
    MigrationExecutor(connection).migrate(list(nodes))


def graph():
    return MigrationExecutor(connection).loader.graph


def two_migrations():
    """The one that seals, and the one before it."""
    sealing = next(node for node in graph().nodes if node[0] == "alerts" and node[1].endswith("sealed_secrets"))
    (before,) = (parent.key for parent in graph().node_map[sealing].parents if parent.key[0] == "alerts")
    return before, sealing


def test_sealed_text_is_not_sealed_twice():
    sealed = seal(SECRET)
    make_route()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_route SET secret = %s", [sealed])
    Route.objects.get().save()
    assert Route.objects.get().secret == SECRET
