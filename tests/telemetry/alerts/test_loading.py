"""A channel brings a library, which takes its time: it is loaded before an attempt, by one thread at a time."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from telemetry.alerts import channels
from telemetry.alerts.attempts import Attempts
from telemetry.alerts.channels.base import Receipt
from telemetry.alerts.models import Delivery, Route

SLOW = """
import threading
import time

LOADED_BY = threading.current_thread().name
time.sleep(0.3)

from telemetry.alerts.channels.base import Receipt


class Slow:
    EXAMPLE, SECRET = {}, ""

    def __init__(self, config, secret):
        pass

    async def send(self, message):
        return Receipt(200, LOADED_BY)
"""


@pytest.fixture
def slow(tmp_path, monkeypatch):
    (tmp_path / "slow_channel.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(channels.CHANNELS, "slow", ("slow", "slow_channel.Slow"))
    yield "slow"
    sys.modules.pop("slow_channel", None)


def delivery_by(kind):
    return Delivery(route=Route(name="slow", kind=kind), route_name="slow", message={"rule": "r"}, kind="test")


def test_it_is_no_part_of_an_attempt_and_holds_up_no_other(slow, monkeypatch):
    monkeypatch.setattr("telemetry.alerts.attempts.subject", lambda delivery: "It broke.")
    with Attempts(deadline_s=0.2) as attempts:  # shorter than the loading
        answer = attempts.start(delivery_by(slow), datetime(2026, 12, 1, tzinfo=UTC)).result(5)
    assert isinstance(answer, Receipt), answer
    assert "MainThread" in str(answer)


def test_two_senders_that_begin_at_once_find_it_whole(slow):
    with ThreadPoolExecutor(2) as senders:
        found = list(senders.map(channels.class_of, [slow, slow]))
    assert found[0] is found[1] and found[0].__name__ == "Slow"
