"""Who was sent what is written once, whoever writes it, and waits while Postgres is away."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from tests.tools.llm.experiments.rows import a_run, expose
from tools.llm.experiments import exposing, running
from tools.llm.experiments.given import Exposure
from tools.llm.experiments.models import Exposure as Row


def said(run, unit="u", arm="shorter", **changes):
    row = run.arms.get(label=arm)
    values = {"run": run.pk, "arm": row.pk, "unit": unit, "stratum": 0, "session_id": f"chat-{unit}"}
    return Exposure(**values | {"sha256": "0" * 64, "version": str(row.version)} | changes)


@pytest.mark.django_db(transaction=True)
def test_many_processes_at_once_write_a_unit_once():
    run = a_run()
    noted = [said(run, f"unit-{number}") for number in range(200)]
    together = threading.Barrier(4)

    def process(units):
        mine = exposing.Exposures()
        for each in units:
            mine.note(each, timezone.now())
        together.wait(10)
        mine.write_down()
        connections.close_all()

    threads = [threading.Thread(target=process, args=(order,)) for order in (noted, noted[::-1]) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Row.objects.count() == 200 and not Row.objects.filter(mixed=True).exists()
    assert all(row.sessions.count() == 1 for row in Row.objects.prefetch_related("sessions")[:20])


@pytest.mark.django_db
def test_while_postgres_is_away_all_waits_and_then_is_written(monkeypatch):
    run = a_run()
    mine = exposing.Exposures()
    for number in range(3):
        mine.note(said(run, f"unit-{number}"), timezone.now())
    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(exposing, "store", lambda batch: (_ for _ in ()).throw(OperationalError("away")))
        mine.write_down()
    assert not Row.objects.exists()
    assert mine.write_down() == 3 and Row.objects.count() == 3
    assert mine.write_down() == 0


@pytest.mark.django_db
def test_what_is_said_again_costs_nothing(django_assert_num_queries):
    run = a_run()
    mine = exposing.Exposures()
    one, other = said(run), said(run, "v")
    with django_assert_num_queries(5):  # three statements, in a savepoint
        mine.note(one, timezone.now())
        mine.note(other, timezone.now())
        mine.write_down()
    with django_assert_num_queries(0):
        mine.note(one, timezone.now())
        mine.write_down()


def test_more_than_may_wait_is_dropped_counted_and_told_once(monkeypatch, caplog):
    monkeypatch.setattr(exposing, "MOST_WAITING", 2)
    mine = exposing.Exposures()
    for number in range(5):
        about = {"run": 1, "arm": 1, "unit": str(number), "stratum": 0}
        mine.note(Exposure(**about, session_id="", sha256="", version=""), timezone.now())
    assert mine.dropped == 3 and caplog.text.count("are dropped") == 1


@pytest.mark.django_db
def test_who_is_told_what_another_arm_says_is_marked_and_stays_where_it_was():
    run = a_run()
    expose(run, "u", "shorter")
    row = expose(run, "u", "as-is")
    assert row.arm.label == "shorter" and row.mixed
    assert not expose(run, "v", "shorter").mixed


@pytest.mark.django_db
def test_a_mark_once_set_stays():
    run = a_run()
    expose(run, "u", wrong_text=True)
    expose(run, "u", failed_over=True)
    row = expose(run, "u")
    assert row.wrong_text and row.failed_over and not row.mixed


@pytest.mark.django_db
def test_who_is_exposed_after_the_end_is_late():
    run = a_run()
    running.stop(run, by="ann", reason="enough")
    assert expose(run, "u", at=timezone.now() + timedelta(seconds=1)).late
    assert not expose(run, "v", at=run.ended_at - timedelta(seconds=1)).late


@pytest.mark.django_db
def test_the_database_keeps_plans_arms_and_the_ledger():
    run = a_run()
    for statement in (
        "UPDATE experiments_run SET margin = 0.5",
        "UPDATE experiments_arm SET weight = 9",
        "UPDATE experiments_entry SET reason = 'other'",
        f"INSERT INTO experiments_arm (run_id, label, weight, version_id) SELECT {run.pk}, 'x', 1, version_id "
        "FROM experiments_arm LIMIT 1",
    ):
        with pytest.raises(Exception, match=r"stays? as|only ever added"), connection.cursor() as cursor:
            cursor.execute("SAVEPOINT one")
            try:
                cursor.execute(statement)
            finally:
                cursor.execute("ROLLBACK TO one")
