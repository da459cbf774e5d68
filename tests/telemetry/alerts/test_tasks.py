"""What beat starts: one sender a machine, which lets the next one begin before its last attempts end."""

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta
from time import monotonic

import pytest
from django.utils import timezone

from telemetry.alerts.deliver import DEADLINE_S, LEASE, Sender
from telemetry.alerts.models import Delivery
from telemetry.alerts.outbox import tell_test
from telemetry.alerts.tasks import TURN, alone, send_deliveries
from tests import receivers
from tests.receivers import BadServer
from tests.telemetry.alerts.builders import make_route

pytestmark = pytest.mark.django_db
HOLDER = (
    "import fcntl, sys; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); print(); sys.stdin.read()"
)


def test_while_one_sends_another_run_ends_at_once(receiver, settings):
    tell_test(make_route(config={"url": receiver.url}), timezone.now())
    with alone(settings.DATA_DIR / "sending.lock") as mine:
        assert mine
        send_deliveries()
        assert Delivery.objects.get().status == "pending"
    send_deliveries()
    assert Delivery.objects.get().status == "sent"


def test_a_sender_that_was_killed_leaves_no_lock_behind(settings, tmp_path):
    path = tmp_path / "sending.lock"
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    held.stdout.readline()
    with alone(path) as mine:
        assert not mine
    os.kill(held.pid, signal.SIGKILL)
    held.wait()
    with alone(path) as mine:
        assert mine


def test_the_next_sender_need_not_wait_for_the_last_attempts_of_this_one(receiver, tmp_path):
    slow = BadServer(receivers.SILENT)
    tell_test(make_route(name="slow", config={"url": slow.url}), timezone.now())
    with Sender(timezone.now, random.Random(7), deadline_s=3) as sender:
        with alone(tmp_path / "lock"):
            sender.serve(timedelta(seconds=0))  # its turn is over as soon as it began
        with alone(tmp_path / "lock") as mine, Sender(timezone.now, random.Random(7)) as second:
            assert mine
            tell_test(make_route(name="good", config={"url": receiver.url}), timezone.now())
            began = monotonic()
            second.serve(TURN)
            assert (len(receiver.got), monotonic() - began < 2) == (1, True)
        assert sender.going
    slow.stop()
    assert Delivery.objects.get(route_name="slow").status == "pending"


def test_each_look_is_told_of_even_into_an_empty_outbox(receiver):
    looks = []
    with Sender(timezone.now, random.Random(7), looked=lambda: looks.append(1)) as sender:
        sender.serve(TURN)
        assert len(looks) == 1
        tell_test(make_route(config={"url": receiver.url}), timezone.now())
        sender.serve(TURN)
    assert len(looks) == 3


def test_a_lease_outlives_every_attempt():
    assert timedelta(seconds=DEADLINE_S) * 3 < LEASE
