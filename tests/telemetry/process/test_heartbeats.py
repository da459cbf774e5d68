from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from telemetry.alerts import evaluation, faults, tasks
from telemetry.alerts.evaluation import EVALUATOR_LOCK
from telemetry.models import Heartbeat
from telemetry.process import heartbeats
from telemetry.process.heartbeats import JUDGING, SENDING, WORKER, beat, last, limit_s, stopped
from tests.telemetry.alerts.builders import make_calls, make_rule


@pytest.mark.django_db
def test_a_beat_is_as_old_as_postgres_says_whatever_this_machines_clock():
    beat(JUDGING)
    assert last()[JUDGING].age_s < 5
    Heartbeat.objects.update(seen_at=Now() - timedelta(minutes=2))
    assert 120 <= last()[JUDGING].age_s < 125
    beat(JUDGING)
    assert last()[JUDGING].age_s < 5
    assert Heartbeat.objects.count() == 1


@pytest.mark.django_db
def test_a_beat_of_the_future_is_no_younger_than_one_of_now():
    beat(JUDGING)
    Heartbeat.objects.update(seen_at=Now() + timedelta(days=1))
    assert last()[JUDGING].age_s == 0
    beat(JUDGING)  # and the next one takes its place
    Heartbeat.objects.update(seen_at=Now() - timedelta(minutes=2))
    assert stopped(JUDGING, last()[JUDGING])


def test_six_missed_beats_are_the_limit_and_never_less_than_a_restart_takes(settings):
    schedule = {name: {"schedule": 5.0} for name in heartbeats.TASKS.values()}
    settings.CELERY_BEAT_SCHEDULE = schedule
    assert {name: limit_s(name) for name in (WORKER, JUDGING, SENDING)} == dict.fromkeys(
        (WORKER, JUDGING, SENDING), 30.0
    )
    schedule["evaluate-rules"] = {"schedule": 1.0}
    assert limit_s(JUDGING) == 30.0
    schedule["evaluate-rules"] = {"schedule": 20.0}
    assert (limit_s(JUDGING), limit_s(SENDING)) == (120.0, 30.0)


@pytest.mark.django_db
def test_judging_beats_when_all_rules_were_judged():
    tasks.evaluate_rules()
    assert last()[JUDGING].age_s < 5
    assert SENDING not in last()


@pytest.mark.django_db(transaction=True)
def test_a_look_that_another_process_has_taken_is_no_beat():
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [EVALUATOR_LOCK])
        tasks.evaluate_rules()
        assert JUDGING not in last()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [EVALUATOR_LOCK])
    other.close()
    tasks.evaluate_rules()
    assert JUDGING in last()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("task", "work", "name"),
    [
        (tasks.evaluate_rules, "telemetry.alerts.tasks.evaluate", JUDGING),
        (tasks.send_deliveries, "telemetry.alerts.deliver.drop_unsendable", SENDING),
    ],
)
def test_work_that_fails_is_no_beat(monkeypatch, task, work, name):
    def fails(*arguments):
        raise ValueError("math domain error")

    monkeypatch.setattr(work, fails)
    with pytest.raises(ValueError, match="math domain"):
        task()
    assert name not in last()


@pytest.mark.django_db
def test_a_look_of_faults_alone_is_no_beat_and_one_that_judged_the_rest_is(monkeypatch):
    real, broken = evaluation.look, {"crm", "sms"}

    def fails_for_some(rule, tool, *rest):
        if tool in broken:
            raise ValueError("math domain error")
        return real(rule, tool, *rest)

    monkeypatch.setattr(evaluation, "look", fails_for_some)
    make_rule(tool="crm")
    make_rule(name="Other", tool="sms")
    now = timezone.now()
    for tool in sorted(broken):
        make_calls(20, 1, when=now, tool=tool)
    tasks.evaluate_rules()
    assert JUDGING not in last()
    broken.remove("sms")
    tasks.evaluate_rules()
    assert JUDGING in last()
    assert [fault.tool for fault in faults.current()] == ["crm"]


@pytest.mark.django_db
def test_sending_beats_when_the_outbox_is_empty_too():
    tasks.send_deliveries()
    assert last()[SENDING].age_s < 5
