"""Who is started before what it needs waits at a gate; who comes later walks through."""

import os
import subprocess
import sys

from salesboost.gates import GATE, Gate, wait_at_gate
from salesboost.services import wait_until
from tests.running import ROOT

WAITS = "from salesboost.gates import wait_at_gate; print('here', flush=True); wait_at_gate(); print('through')"


def a_child(gate):
    return subprocess.Popen(
        [sys.executable, "-c", WAITS],
        cwd=ROOT,
        env={**os.environ, **gate.environment},
        pass_fds=gate.fds,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_child_waits_until_the_gate_is_open_and_the_next_does_not_wait():
    gate = Gate()
    early = a_child(gate)
    assert early.stdout.readline() == "here\n"
    assert not wait_until(lambda: early.poll() is not None, 0.3)
    gate.open()
    assert early.communicate(timeout=10)[0] == "through\n"
    gate.open()  # twice is once
    late = a_child(gate)
    assert late.communicate(timeout=10)[0] == "here\nthrough\n"


def test_where_there_is_no_gate_nobody_waits(monkeypatch):
    monkeypatch.delenv(GATE, raising=False)
    wait_at_gate()
