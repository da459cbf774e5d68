"""Stored spans reach the second endpoint, whatever it and we go through meanwhile."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from salesboost.services import wait_until
from telemetry.forward.forwarder import BATCH, LONGEST_WAIT_S, Forwarder, request_of, wait_s
from telemetry.forward.target import Target
from telemetry.process.counters import Counters
from telemetry.spans.finished import SpanFacts, pack
from tests.telemetry.forward.builders import arrived, ids_in

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def counts(monkeypatch):
    own = Counters()
    monkeypatch.setattr("telemetry.forward.forwarder.counters", lambda: own)
    return own


@pytest.fixture
def make(tmp_path, receiver, counts):
    """A forwarder to the receiver; call it again for the next process's."""
    made = []

    def forwarder():
        made.append(Forwarder(Target(receiver.url), tmp_path, first_wait_s=0.01, jitter=lambda: 0.5))
        return made[-1]

    yield forwarder
    for each in made:
        each.close()


@pytest.fixture
def forwarder(make):
    return make()


def records(*numbers):
    return [
        pack(SpanFacts(trace_id=1, span_id=number, name="chat", start_ns=1, end_ns=2))
        for number in range(*numbers)
    ]


def test_what_was_stored_arrives_once_and_in_order(forwarder, receiver, counts):
    forwarder.add(records(1, 100))
    forwarder.add(records(100, 1500))
    assert wait_until(lambda: counts.forwarded == 1499, 20)
    assert arrived(receiver) == list(range(1, 1500))
    assert len(receiver.got) < 1499 / BATCH + 3
    assert (counts.forward_dropped, forwarder.queue.waiting) == (0, 0)


def test_while_the_endpoint_is_down_spans_wait_and_go_when_it_is_back(forwarder, receiver, counts):
    receiver.stop()
    forwarder.add(records(1, 50))
    assert wait_until(lambda: forwarder._failures > 2, 20)
    assert (forwarder.queue.waiting, counts.forwarded) == (49, 0)
    receiver.start()
    assert wait_until(lambda: counts.forwarded == 49, 20)
    assert arrived(receiver) == list(range(1, 50))


@pytest.mark.parametrize("status", [429, 503, 401])
def test_an_endpoint_that_takes_nothing_now_is_asked_again(forwarder, receiver, counts, status):
    receiver.status, receiver.headers = status, {"retry-after": "0"}
    forwarder.add(records(1, 10))
    assert wait_until(lambda: len(receiver.got) > 2, 20)
    assert counts.forwarded == counts.forward_dropped == 0
    receiver.status = 200
    assert wait_until(lambda: counts.forwarded == 9, 20)


def test_a_refused_request_is_given_up_and_counted_and_the_next_goes(forwarder, receiver, counts):
    receiver.status = 400
    forwarder.add(records(1, 10))
    assert wait_until(lambda: counts.forward_dropped == 9, 20)
    receiver.status = 200
    forwarder.add(records(10, 12))
    assert wait_until(lambda: counts.forwarded == 2, 20)
    assert forwarder.queue.waiting == 0


def test_a_request_that_is_too_large_is_sent_in_halves(forwarder, receiver, counts):
    receiver.decide = lambda posted: 413 if len(ids_in(posted)) > 30 else 200
    forwarder.add(records(1, 101))
    assert wait_until(lambda: counts.forwarded == 100, 20)
    taken = [ids_in(posted) for posted in receiver.got if len(ids_in(posted)) <= 30]
    assert [number for numbers in taken for number in numbers] == list(range(1, 101))


def test_a_span_that_is_too_large_by_itself_is_given_up(forwarder, receiver, counts):
    receiver.decide = lambda posted: 413 if 7 in ids_in(posted) else 200
    forwarder.add(records(1, 10))
    assert wait_until(lambda: counts.forwarded == 8, 20)
    assert counts.forward_dropped == 1


def test_a_slow_endpoint_keeps_nobody_waiting(forwarder, receiver, counts):
    answer = threading.Event()
    receiver.decide = lambda posted: 200 if answer.wait(20) else 500
    forwarder.add(records(1, 3))
    assert wait_until(lambda: len(receiver.got) == 1, 20)
    forwarder.add(records(3, 2000))  # returns, though the first request hangs
    assert forwarder.queue.waiting == 1999
    answer.set()
    assert wait_until(lambda: counts.forwarded == 1999, 20)


def test_what_a_process_leaves_behind_goes_with_the_next(make, receiver, counts):
    receiver.stop()
    first = make()
    first.add(records(1, 20))
    assert wait_until(lambda: first._failures > 0, 20)
    first.close()
    receiver.start()
    make().start()
    assert wait_until(lambda: counts.forwarded == 19, 20)
    assert arrived(receiver) == list(range(1, 20))


def test_a_killed_process_loses_nothing_that_was_to_be_forwarded(make, receiver, counts, tmp_path):
    receiver.stop()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("adder.py")), str(tmp_path), receiver.url, "500"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "salesboost.settings", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "added\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    receiver.start()
    make().start()
    assert wait_until(lambda: counts.forwarded == 500, 20)
    assert sorted(arrived(receiver)) == list(range(1, 501))


def test_waiting_doubles_up_to_a_minute_unless_the_endpoint_says_how_long():
    assert [wait_s(failures, None, 1.0) for failures in (0, 1, 2, 20)] == [1, 2, 4, LONGEST_WAIT_S]
    assert wait_s(3, None, 0.0) == 4
    assert (wait_s(3, 17.0, 0.5), wait_s(0, 0.0, 0.5)) == (17.0, 0.0)


def test_a_record_that_cannot_be_read_is_left_out(counts):
    request = ExportTraceServiceRequest.FromString(request_of([b"\xc1", *records(1, 3)]))
    assert len(request.resource_spans[0].scope_spans[0].spans) == 2
