"""The dead man's switch, against real receivers."""

import socket
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from dashboard.addresses.selection import Selection
from dashboard.pages.system.views import context
from telemetry.alerts import dead_mans_switch, tasks
from telemetry.models import Heartbeat
from telemetry.process import heartbeats
from telemetry.process.heartbeats import JUDGING, OUTWARD, OUTWARD_TRIED, SENDING

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback_may_be_reached(settings):
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]


@pytest.fixture
def monitor(settings):
    """A monitor as healthchecks.io is one: what it was asked; *status* is what it answers."""

    class Monitor(BaseHTTPRequestHandler):
        asked = []
        status = 200

        def do_GET(self):
            Monitor.asked.append(self.path)
            self.send_response(Monitor.status)
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{server.server_port}/ping/secret-uuid"
    yield Monitor
    server.shutdown()
    server.server_close()


@contextmanager
def listening(answer):
    """The address of a server that gives its only caller to *answer*, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            caller, _ = server.accept()
            with caller:
                answer(caller)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(10)


def pass_time(seconds):
    """As if *seconds* had passed since the address was last asked."""
    Heartbeat.objects.filter(name=OUTWARD_TRIED).update(seen_at=Now() - timedelta(seconds=seconds))


def judge_and_send():
    tasks.evaluate_rules()
    tasks.send_deliveries()


def test_it_is_asked_after_rules_were_judged_at_most_every_thirty_seconds(monitor):
    judge_and_send()
    for _ in range(3):
        tasks.tell_heartbeat()
    assert monitor.asked == ["/ping/secret-uuid"]
    pass_time(31)
    tasks.evaluate_rules()
    tasks.tell_heartbeat()
    assert len(monitor.asked) == 2
    assert heartbeats.last()[OUTWARD].age_s < 5


def test_it_is_not_asked_before_rules_were_ever_judged(monitor):
    tasks.send_deliveries()
    tasks.tell_heartbeat()
    assert monitor.asked == []


def test_it_is_not_asked_again_once_judging_has_stopped_though_the_worker_beats(monitor):
    judge_and_send()
    tasks.tell_heartbeat()
    Heartbeat.objects.filter(name=JUDGING).update(seen_at=Now() - timedelta(seconds=40))
    for seconds in (31, 35, 39):
        pass_time(seconds)
        heartbeats.beat(heartbeats.WORKER)
        tasks.send_deliveries()
        tasks.tell_heartbeat()
    assert len(monitor.asked) == 1


def test_it_is_not_asked_while_nothing_is_sent(monitor):
    tasks.evaluate_rules()
    Heartbeat.objects.create(name=SENDING, seen_at=Now() - timedelta(minutes=5))
    tasks.tell_heartbeat()
    assert monitor.asked == []
    tasks.send_deliveries()
    tasks.tell_heartbeat()
    assert len(monitor.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_two_that_look_at_once_ask_once(monitor):
    judge_and_send()
    turns = []

    def look():
        turns.append(dead_mans_switch.take_turn())
        connection.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [False, False, False, True]


@pytest.mark.parametrize(("status", "reason"), [(500, "it answered 500"), (404, "404"), (302, "302")])
def test_an_answer_that_is_no_yes_is_told_and_not_taken_for_one(monitor, caplog, status, reason):
    monitor.status = status
    judge_and_send()
    tasks.tell_heartbeat()
    assert reason in caplog.text
    assert "secret-uuid" not in caplog.text
    assert OUTWARD not in heartbeats.last()


def test_the_page_says_when_it_was_taken_and_when_it_is_not(monitor):
    judge_and_send()

    def shown():
        found = {check.name: check for check in context(Selection(), timezone.now())["checks"]}
        return found["Heartbeat outwards"]

    assert (shown().state.tone, shown().value) == ("warn", "never yet")
    tasks.tell_heartbeat()
    assert (shown().state.tone, "secret-uuid" in shown().meaning) == ("good", False)


def test_a_private_address_is_refused_unless_it_is_allowed(settings, monitor, caplog):
    settings.OUTBOUND_ALLOW = []
    judge_and_send()
    tasks.tell_heartbeat()
    assert monitor.asked == []
    assert "add it to OUTBOUND_ALLOW" in caplog.text


def never(caller):
    caller.settimeout(10)
    while caller.recv(1000):  # until the other side has had enough
        pass


def drip(caller):
    try:
        caller.recv(1000)
        caller.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            caller.sendall(b"x-more: 1\r\n")
            time.sleep(0.05)
    except OSError:
        pass


@pytest.mark.parametrize("answer", [never, drip])
def test_a_receiver_that_does_not_come_to_an_end_is_left_at_the_deadline(answer):
    with listening(answer) as url:
        began = time.monotonic()
        assert dead_mans_switch.ask(url, 0.5)
        assert time.monotonic() - began < 5


def test_an_endless_body_is_not_read():
    def endless(caller):
        try:
            caller.recv(1000)
            caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                caller.sendall(b"x" * 100_000)
        except OSError:
            pass

    with listening(endless) as url:
        assert dead_mans_switch.ask(url, 5.0) == ""


def test_a_port_where_nobody_listens_is_told():
    assert dead_mans_switch.ask("http://127.0.0.1:1/", 5.0).startswith("ConnectError")
