import threading

import pytest

from dashboard.live.change_notifier import ChangeNotifier, notifier
from telemetry.store.signals import spans_stored


class Group:
    """Counts the notices sent; the pause after each lasts until the test lets it end."""

    def __init__(self):
        self.fault = None
        self.sent = 0
        self.paused = threading.Event()
        self.go_on = threading.Event()

    async def send(self):
        self.sent += 1
        if self.fault:
            raise self.fault

    def sleep(self, _seconds):
        self.paused.set()
        self.go_on.wait()  # for ever, after the test: the thread is a daemon
        self.go_on.clear()


@pytest.fixture
def group():
    return Group()


def test_many_commits_in_a_pause_are_one_notice(group):
    notifier = ChangeNotifier(group.send, group.sleep)
    notifier()
    assert group.paused.wait(10)
    for _ in range(100):
        notifier()
    group.paused.clear()
    group.go_on.set()
    assert group.paused.wait(10)
    assert group.sent == 2


def test_a_dead_valkey_neither_stops_it_nor_reaches_the_writer(group):
    group.fault = ConnectionError("no Valkey")
    notifier = ChangeNotifier(group.send, group.sleep)
    notifier()
    assert group.paused.wait(10)
    group.paused.clear()
    notifier()
    group.go_on.set()
    assert group.paused.wait(10)
    assert group.sent == 2


def test_the_signal_of_the_store_reaches_it():
    assert notifier in [receiver for receiver, _ in spans_stored.send_robust(sender=None, spans=1)]
