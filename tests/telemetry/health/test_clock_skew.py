from datetime import timedelta

import pytest

from telemetry.health.clock_skew import clocks_off
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db


def send(service, *, delays_s, at_s=-60):
    """Calls of *service* that ended *delays_s* before they were stored."""
    stored_at = NOON + timedelta(seconds=at_s)
    for delay_s in delays_s:
        write_spans([make_row(service=service, start_time=stored_at - timedelta(seconds=delay_s))], now=stored_at)


def off():
    return {clock.service: round(clock.ahead_s) for clock in clocks_off(NOON)}


def test_a_clock_that_is_six_minutes_slow_is_measured_by_the_quickest_of_its_calls():
    send("slow", delays_s=[400, 360, 700])
    assert off() == {"slow": -360}


def test_a_clock_that_is_fast_is_measured_too():
    send("fast", delays_s=[-290, -300, 5])
    assert off() == {"fast": 300}


def test_a_sender_that_hands_over_in_batches_is_not_off():
    send("batches", delays_s=[5, 30, 55])
    send("one late call", delays_s=[3000, 2])
    assert off() == {}


def test_what_was_long_ago_is_over():
    send("slow", delays_s=[400], at_s=-1000)
    assert off() == {}
