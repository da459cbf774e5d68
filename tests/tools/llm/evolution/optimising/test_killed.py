"""A worker is killed amid a run: the run is over without a result, and the next one may begin."""

import os
import re
import signal
import subprocess
import sys

import pytest
from django.db import connection
from django.utils import timezone

from salesboost.demo.deployments import lead_to
from tests.live import wait_for
from tests.running import ROOT
from tools.llm.evolution.models import OptimiserRun, OptimiserState
from tools.llm.evolution.optimising import starting
from tools.llm.providers import live, seed
from tools.llm.providers.reading import read_snapshot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
WORKER = """
import django; django.setup()
from tools.llm.evolution.tasks import optimise
optimise({run})
"""


@pytest.fixture
def slow_lab(provider_lab, no_edits):
    seed.seed()
    lead_to(provider_lab.server.url)
    provider_lab.latency_ms = 200.0
    with live.pinned(read_snapshot()):
        yield provider_lab


def test_what_a_killed_worker_left_is_over(record, wanted, slow_lab, monkeypatch):
    monkeypatch.setattr(starting, "send", lambda run: None)
    record(60)
    run = starting.start(wanted(), by="ana", now=timezone.now())
    name = connection.settings_dict["NAME"]
    address = re.sub(r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])
    about = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "salesboost.settings"}
    code = WORKER.format(run=run.pk)
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **about})
    try:
        wait_for(lambda: OptimiserRun.objects.filter(pk=run.pk, calls__gt=0).exists(), 120, "the first calls")
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    asked = len(slow_lab.requests)
    run.refresh_from_db()
    assert run.state == OptimiserState.RUNNING and 0 < run.calls <= asked
    assert starting.end_lost(run.beat_at + starting.LOST_AFTER / 2) == 0
    assert starting.end_lost(run.beat_at + starting.LOST_AFTER * 2) == 1
    run.refresh_from_db()
    assert (run.state, run.told) == (OptimiserState.LOST, starting.NO_RESULT)
    assert starting.start(wanted(), by="bob", now=timezone.now()).state == OptimiserState.WAITING
    assert len(slow_lab.requests) == asked
