"""A real worker with our pool: one process, whose threads do not wait for each other and lose no message."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.live import ROOT, wait_for
from tests.salesboost.worker.worker_app import PLACE, QUEUE, app, ask_postgres, fail, note, traces

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(120),
    pytest.mark.xdist_group("job-workers"),
]
FETCHES_NOTHING_AHEAD = ("--prefetch-multiplier", "1", "--disable-prefetch")


@contextmanager
def a_worker(log: Path, *options: str, concurrency: int = 2):
    """As `manage.py up` starts one."""
    address = re.sub(
        r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{connection.settings_dict['NAME']}", os.environ["DATABASE_URL"]
    )
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--quiet", "-A", "tests.salesboost.worker.worker_app", "worker",
             "--queues", QUEUE, "--concurrency", str(concurrency), "--without-gossip", "--without-mingle",
             *options],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": f"{address}&application_name=pool-test",
                "POOL_TEST_WORKER": "yes",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def valkey():
    with traces() as client:
        client.delete(PLACE)
        with app.connection_for_write() as broker:
            app.amqp.queues[QUEUE](broker.default_channel).declare()
            broker.default_channel.queue_purge(QUEUE)
        yield client


def send(task, *arguments):
    task.apply_async(arguments, queue=QUEUE)


def said(valkey):
    return [str(each).split()[0] for each in valkey.lrange(PLACE, 0, -1)]


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_it_is_one_process_whose_threads_do_not_wait_for_each_other(valkey, tmp_path):
    with a_worker(tmp_path / "log") as worker:
        send(note, "slow", 3.0)
        wait_for(lambda: "slow" in said(valkey), 40, "the slow task")
        for number in range(20):
            send(note, f"quick-{number}")
        wait_for(lambda: len(said(valkey)) == 21, 2.5, "all quick tasks beside it")
        assert "slow-ended" not in said(valkey)
        assert {each.split()[1] for each in valkey.lrange(PLACE, 0, -1)} == {str(worker.pid)}
        assert children(worker.pid) == []


def test_what_fetches_nothing_ahead_fetches_as_soon_as_a_place_is_free(valkey, tmp_path):
    with a_worker(tmp_path / "log", *FETCHES_NOTHING_AHEAD, concurrency=1):
        send(note, "first")
        wait_for(lambda: said(valkey) == ["first"], 40, "the first task")
        began = time.monotonic()
        for number in range(20):
            send(note, f"{number}")
        wait_for(lambda: len(said(valkey)) == 21, 20, "all tasks")
        # Where nobody wakes the worker's loop, each waits for its next timer: a second or two.
        assert time.monotonic() - began < 5


def test_asked_to_stop_it_ends_what_it_began_and_leaves_the_rest_to_the_next(valkey, tmp_path):
    with a_worker(tmp_path / "log", concurrency=1) as worker:
        send(note, "begun", 1.5)
        for word in ("second", "third"):
            send(note, word)
        wait_for(lambda: said(valkey) == ["begun"], 40, "the first task")
        time.sleep(0.5)  # the others are fetched, and wait for the place
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    assert said(valkey) == ["begun", "begun-ended"]
    with a_worker(tmp_path / "log"):
        wait_for(lambda: {"second", "third"} <= set(said(valkey)), 40, "the tasks that were left")
    assert sorted(said(valkey)) == ["begun", "begun-ended", "second", "third"]


def test_a_task_that_fails_gives_its_place_back_and_no_task_keeps_a_connection(valkey, tmp_path):
    with a_worker(tmp_path / "log", *FETCHES_NOTHING_AHEAD, concurrency=1):
        for _ in range(3):
            send(fail)
        for _ in range(10):
            send(ask_postgres)
        wait_for(lambda: len(said(valkey)) == 10, 40, "the tasks after it")
        assert max(int(str(each).split()[1]) for each in valkey.lrange(PLACE, 0, -1)) <= 2
    assert (tmp_path / "log").read_text().count("ValueError: as it was told to") >= 3


def test_beat_is_a_thread_of_it(valkey, tmp_path):
    schedule = str(tmp_path / "schedule")
    with a_worker(tmp_path / "log", "--beat", "--schedule", schedule) as worker:
        wait_for(lambda: said(valkey).count("tick") > 5, 40, "ticks")
        assert children(worker.pid) == []
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(7) == 0
