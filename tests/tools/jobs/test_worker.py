"""Real Celery workers on real queues: they are killed, they serve by priority, they find lost messages."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from salesboost.celery import app
from tests.live import ROOT, wait_for
from tests.tools.jobs.worker_app import count_once, order, traces
from tools.jobs.calling import call_due
from tools.jobs.models import Job
from tools.jobs.submission import submit

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(120),
    pytest.mark.xdist_group("job-workers"),
]


@contextmanager
def a_worker(log, concurrency=2):
    """A worker as `manage.py up` starts it, in a process group of its own."""
    name = str(connection.settings_dict["NAME"])
    address = re.sub(r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])
    options = ["--queues", "jobs.high,jobs.normal,jobs.low", "--prefetch-multiplier", "1", "--disable-prefetch"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--quiet", "-A", "tests.tools.jobs.worker_app", "worker", *options,
             "--concurrency", str(concurrency), "--without-gossip", "--without-mingle"],
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
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def valkey(make_executor, monkeypatch):
    """Valkey without traces and without messages; this process knows the workers' tools."""
    from tools.running import runtime

    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(count_once, order))
    with traces() as client:
        client.delete("job-test:numbers", "job-test:order")
        with app.connection_for_write() as broker:
            for priority in ("high", "normal", "low"):
                broker.default_channel.queue_purge(f"jobs.{priority}")
        yield client


def calls(count):
    return [{"tool": "count_once", "payload": {"number": number}} for number in range(count)]


def test_a_worker_killed_in_the_middle_loses_no_item(valkey, tmp_path):
    job, _ = submit(calls(200), max_concurrent=4)
    with a_worker(tmp_path / "first.log") as first:
        wait_for(lambda: valkey.scard("job-test:numbers") > 40, 40, "the middle")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    job.refresh_from_db()
    assert job.succeeded < 200 and job.running > 0
    # As if the lease had run out; the message that the dead worker had taken is gone for good.
    Job.objects.update(leased_until=timezone.now(), called_at=None)
    assert call_due(timezone.now()) == 1
    with a_worker(tmp_path / "second.log"):
        wait_for(lambda: Job.objects.get().state == "done", 60, "the end")
    job.refresh_from_db()
    assert (job.succeeded, job.failed, job.running, job.waiting) == (200, 0, 0, 0)
    assert valkey.scard("job-test:numbers") == 200
    assert dict(job.items.order_by().values_list("state").annotate(Count("pk"))) == {"succeeded": 200}


def test_the_most_urgent_job_is_served_first_whatever_was_submitted_first(valkey, tmp_path):
    for priority in ("low", "normal", "high"):
        submit([{"tool": "order", "payload": {"letter": priority}}] * 3, priority=priority)
    with a_worker(tmp_path / "worker.log", concurrency=1):
        wait_for(lambda: valkey.llen("job-test:order") == 9, 40, "all calls")
    assert valkey.lrange("job-test:order", 0, -1) == ["high"] * 3 + ["normal"] * 3 + ["low"] * 3


def test_a_job_whose_message_was_lost_is_called_again(valkey, tmp_path):
    job, _ = submit(calls(3))
    valkey.delete("salesboost:celery:jobs.normal")  # as a broker does that is restarted without its data
    assert call_due(timezone.now()) == 0  # a queue may be long: it is not called twice at once
    assert call_due(timezone.now() + timedelta(seconds=21)) == 1
    with a_worker(tmp_path / "worker.log"):
        wait_for(lambda: Job.objects.get(pk=job.pk).state == "done", 40, "the end")
