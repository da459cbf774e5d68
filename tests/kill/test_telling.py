"""A whole SalesBoost: receivers that hang are in the way of neither messages nor judging, and the key changes."""

import json
import re

import httpx
import pytest
from standardwebhooks import Webhook

from tests import receivers
from tests.receivers import BadServer, Receiver
from tests.running import Running, a_data_dir, eventually, up

pytestmark = [pytest.mark.kill, pytest.mark.timeout(300), pytest.mark.xdist_group("telling")]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DATA = {"severity": "info", "summary": "TEST", "began_at": None, "resolved_at": None, "evidence": None}
MESSAGE = json.dumps({"type": "route.test", "timestamp": "2026-11-20T12:00:00Z", "data": DATA})


def add_route(running: Running, name: str, url: str) -> None:
    running.rows(
        "INSERT INTO alerts_route (name, kind, config, secret, minimum_severity, enabled) "
        "VALUES (%s, 'webhook', %s, %s, 10, true) RETURNING 1",
        *(name, json.dumps({"url": url}), SECRET),
    )


def tell_all(running: Running) -> None:
    """A message to every route."""
    running.rows(
        "INSERT INTO alerts_delivery (key, route_id, route_name, kind, message, status, attempts, created_at, "
        "next_attempt_at, response_excerpt, error) SELECT gen_random_uuid(), id, name, 'test', %s, 'pending', 0, "
        "now(), now(), '', '' FROM alerts_route RETURNING 1",
        MESSAGE,
    )


def test_receivers_that_hang_are_in_nobodys_way_and_secrets_outlive_a_new_key():
    good = Receiver(status=200)
    good.start()
    behaviours = (receivers.DRIPPING, receivers.ENDLESS_HEADER, receivers.SILENT, receivers.ENDLESS_INTERIM)
    bad = [BadServer(behaviour) for behaviour in behaviours]
    mail_server = BadServer(receivers.ENDLESS_GREETING)
    told = {
        "ALERT_WEBHOOK_URL": good.url,
        "ALERT_EMAIL_TO": "ops@example.com",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "OUTBOUND_ALLOW": "127.0.0.1",
    }
    try:
        with a_data_dir() as data_dir:
            with up(data_dir, **told) as running:
                assert "Nobody is told" not in running.said
                secret = re.search(r"whsec_[\w+/=]+", running.said).group()
                for number, server in enumerate(bad):
                    add_route(running, f"bad {number}", server.url)
                the_worker_is_there(running)
                for count in range(1, 6):
                    tell_all(running)
                    eventually(lambda count=count: len(good.got) == count, 10, "a message to the good one")
                judging_goes_on(running)
                assert running.stop() < 15
            with up(data_dir, **told, SALESBOOST_SECRET_KEY="another key") as running:
                # That of the first route, and four that were written in plain text behind our back.
                assert "5 secrets sealed with the newest key." in running.said
                assert not running.rows("SELECT 1 FROM alerts_route WHERE starts_with(secret, 'whsec')")
                the_worker_is_there(running)
                tell_all(running)
                eventually(lambda: len(good.got) == 6, 10, "a message after the key was changed")
    finally:
        for server in (*bad, mail_server, good):
            server.stop()
    assert len({posted.headers["webhook-id"] for posted in good.got}) == 6
    assert Webhook(secret).verify(good.got[-1].body, good.got[-1].headers)["type"] == "route.test"


def the_worker_is_there(running: Running) -> None:
    """Servers answer some seconds before the worker has loaded what it is to do: that is no part of a sending."""
    eventually(lambda: httpx.get(f"{running.url}readyz").status_code == 200, 60, "the first beat of the worker")


def judging_goes_on(running: Running) -> None:
    """A tool that is called is judged while all those attempts hang."""
    running.call("crm_integration", {"action": "read", "customer_id": "CUST001"})
    seen = "SELECT evaluated_at FROM alerts_rulestate WHERE evaluated_at > now() - interval '8 seconds'"
    eventually(lambda: running.rows(seen), 40, "a look at the tool")
    assert running.rows("SELECT 1 FROM alerts_delivery WHERE status = 'pending'")
