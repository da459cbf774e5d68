"""What rules see of calls that are corrected: nothing twice, and the truth from then on."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.models import Incident
from telemetry.store.batches import write_spans
from tests.telemetry.alerts.builders import make_rule
from tests.telemetry.builders import NOON
from tests.telemetry.witnesses.builders import FAILED, client, server

pytestmark = pytest.mark.django_db
TIMED_OUT = {"outcome": "timeout", "status": 2, "error_type": "TimeoutError"}


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def send(make, when, count=40, **changes):
    """*make*'s spans of as many calls, each in a trace of its own, stored *when*."""
    traces = [uuid.UUID(int=number) for number in range(1, count + 1)]
    write_spans([make(trace_id=trace_id, **changes) for trace_id in traces], now=when)


def recover(**changes):
    """The tool works again: the incident ends."""
    works = {"parent": None, **changes}
    write_spans(
        [client(trace_id=uuid.uuid4(), after_ms=1_000 * second, **works) for second in range(20, 320)], now=at(325)
    )
    judge(330, 700)
    assert Incident.objects.get().resolved_at is not None


def judge(first_s, last_s, step_s=5):
    for seconds in range(first_s, last_s, step_s):
        evaluate(at(seconds))


def test_the_other_half_an_hour_later_opens_no_second_incident():
    make_rule()
    send(client, at(3), parent=None, **TIMED_OUT)
    judge(10, 40)
    assert Incident.objects.count() == 1
    recover()
    # As late as a backlog of somebody else's, which would be judged when it comes.
    send(server, at(3_600), **FAILED | {"error_message": "boom"})
    judge(3_605, 3_680)
    assert Incident.objects.count() == 1


OURS = {"tool": "sms_outreach"}  # registered here


@pytest.mark.parametrize("first", ["own", "reported"])
@pytest.mark.parametrize("apart_s", [0, 3_600], ids=["in one transaction", "an hour later"])
def test_halves_by_two_doors_open_one_incident(first, apart_s):
    """Rules judge our own half of a tool of ours: what another door tells of it opens nothing, also late."""
    make_rule()
    ours = {"origin": "own", "api_key": ""}
    halves = [(client, ours | TIMED_OUT), (server, FAILED | {"error_message": "boom"})]
    if first == "reported":
        halves.reverse()
    moments = [at(3), at(3 + apart_s)]
    with transaction.atomic():
        for (make, said), moment in zip(halves, moments, strict=True):
            send(make, moment, **{"parent": None} if make is client else {}, **said, **OURS)
    judge(10, 40)
    if apart_s:
        if first == "own":
            recover(**ours, **OURS)
        judge(apart_s + 5, apart_s + 80)
    assert Incident.objects.count() == 1
    assert Incident.objects.get().evidence["total"] == 40


def test_without_a_first_half_so_late_a_failure_would_have_been_told():
    make_rule()
    send(server, at(3_600), **FAILED)
    judge(3_605, 3_680)
    assert Incident.objects.count() == 1


def test_a_failure_that_the_second_half_tells_is_judged_in_the_window_that_is_open():
    make_rule()
    send(client, at(3), parent=None)
    judge(10, 40)
    assert not Incident.objects.exists()
    send(server, at(41), **FAILED)
    judge(45, 60)
    assert Incident.objects.get().summary.startswith("explode is at 0 %")
