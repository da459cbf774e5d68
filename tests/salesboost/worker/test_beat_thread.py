"""Beat in a thread: it ends with its worker, and its worker ends with it."""

import os
import signal
import threading

import pytest

from salesboost.worker.beat import Ticking


class Service:
    """As Celery's: runs until it is stopped, or until something breaks."""

    def __init__(self, error=None):
        self.error = error
        self.stopped = threading.Event()
        self.app = self

    def set_current(self):
        pass

    def start(self):
        if self.error:
            raise self.error
        self.stopped.wait(10)

    def stop(self):
        self.stopped.set()


@pytest.fixture
def signals(monkeypatch):
    sent = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    return sent


def test_a_beat_that_ends_by_itself_ends_its_worker(signals, caplog):
    ticking = Ticking(Service(OSError("the schedule's file is gone")))
    ticking.start()
    ticking.join(5)
    assert signals == [(os.getpid(), signal.SIGTERM)]
    assert "the schedule's file is gone" in caplog.text


def test_a_beat_that_is_stopped_ends_alone(signals):
    ticking = Ticking(Service())
    ticking.start()
    ticking.stop()
    assert not ticking.is_alive() and signals == []
