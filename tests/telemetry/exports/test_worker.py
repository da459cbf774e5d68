"""A real Celery worker writes exports; it is killed with -9 and another begins again."""

import csv
import gzip
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from salesboost.celery import app
from telemetry.exports import control, files
from telemetry.exports.models import SILENT_AFTER, Export, State
from telemetry.exports.request import new_export
from telemetry.store.batches import write_spans
from tests.live import ROOT, wait_for
from tests.telemetry.builders import make_row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@contextmanager
def a_worker(log):
    """A worker of the queue of exports, in a process group of its own."""
    name = str(connection.settings_dict["NAME"])
    address = re.sub(r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--quiet", "-A", "salesboost", "worker", "--queues", control.QUEUE,
             "--concurrency", "1", "--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": address},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def submitted():
    """An export over thirty days, which are hundreds of slices, with a span at each end."""
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(control.QUEUE)
    now = timezone.now()
    begin = now - timedelta(days=29)
    write_spans([make_row(start_time=begin, tool="first"), make_row(start_time=now, tool="last")])
    asked = new_export(
        query="is:tool", period=(begin, now + timedelta(seconds=1)), now=now + timedelta(seconds=1), format="csv",
        with_payloads=False,
    )  # fmt: skip
    yield control.submit(asked, get_user_model().objects.create_user("ana"), now)
    control.clean_up(now + timedelta(days=30))


def now_of(export):
    return Export.objects.get(pk=export.pk)


def test_a_worker_killed_in_the_middle_is_made_up_for_by_the_next(submitted, tmp_path):
    with a_worker(tmp_path / "first.log") as first:
        wait_for(lambda: now_of(submitted).rows_done, 60, "the first span")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    left = now_of(submitted)
    assert (left.state, left.rows_done) == (State.RUNNING, 1) and files.draft(left).exists()
    later = timezone.now() + SILENT_AFTER + timedelta(seconds=1)
    assert control.call_due(later)
    with a_worker(tmp_path / "second.log"):
        wait_for(lambda: now_of(submitted).state == State.DONE, 80, "the end")
    done = now_of(submitted)
    assert (done.attempt, done.rows_done, done.note) == (2, 2, "")
    with gzip.open(files.final(done), "rt", newline="") as file:
        assert [line["tool"] for line in csv.DictReader(file)] == ["last", "first"]
    control.clean_up(timezone.now())
    assert not files.draft(left).exists() and files.final(done).exists()


def test_a_running_export_is_cancelled_from_outside(submitted, tmp_path):
    with a_worker(tmp_path / "worker.log"):
        wait_for(lambda: now_of(submitted).rows_done, 60, "the first span")
        control.cancel(submitted, timezone.now())
        wait_for(lambda: not files.draft(now_of(submitted)).exists(), 20, "its file to go")
    assert now_of(submitted).state == State.CANCELLED
    assert not files.final(submitted).exists()
