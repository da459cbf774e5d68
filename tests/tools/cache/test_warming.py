"""The first question in other words that a process is asked: its model is loaded by then."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.live import ROOT, wait_for
from tools.cache import warming
from tools.jobs import runner, tasks
from tools.running import runtime

pytestmark = pytest.mark.timeout(180)
# A process of its own, for loading is done once in each. What it prints: whether the model was loaded when the
# process went on, how long warming held it up, whether it is loaded afterwards, and what a second start does.
SCRIPT = """
import json, sys, time
import django
django.setup()
from tools.cache import warming
began = time.perf_counter()
thread = warming.start()
held_up = time.perf_counter() - began
thread.join(60)
again = warming.start()
from tools.process.embedding import embed
began = time.perf_counter()
embed(["how do I ask for a refund"])
print(json.dumps({
    "held_up_s": held_up,
    "loaded": "tokenizers" in sys.modules,
    "embedding_s": time.perf_counter() - began,
    "again": again is not None,
}))
"""


def told(database_url, **environment):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "salesboost.settings",
            "DATABASE_URL": database_url,
            **environment,
        },
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.fixture
def database_url(db):
    from django.db import connection

    return os.environ["DATABASE_URL"].replace("/salesboost?", f"/{connection.settings_dict['NAME']}?")


def test_a_fresh_process_is_warm_before_its_first_question_and_was_not_held_up(database_url):
    found, said = told(database_url)
    assert found["loaded"] and not found["again"]
    assert found["held_up_s"] < 0.1
    assert found["embedding_s"] < 0.05  # cold, a second: four times what a call waits
    assert "not be found" not in said


def test_without_its_database_a_process_starts_all_the_same(tmp_path):
    found, said = told(f"postgresql://nobody@/nothing?host={tmp_path}")
    assert found["loaded"]
    assert "the first questions in other words will not be found" in said


def test_where_no_tool_takes_questions_nothing_is_loaded(make_executor, monkeypatch):
    asked = []
    monkeypatch.setattr(warming, "get_executor", make_executor)
    monkeypatch.setattr(warming.questions, "find", lambda *question: asked.append(question))
    warming.warm()
    assert asked == []


def test_a_job_begins_with_it(monkeypatch):
    begun = []
    monkeypatch.setattr(runtime, "get_executor", lambda: None)
    monkeypatch.setattr(runner, "Turn", lambda *job: SimpleNamespace(run=lambda: begun.append("job")))
    monkeypatch.setattr(warming, "start", lambda: begun.append("warming"))
    tasks.run_turn("1", 1)
    assert begun == ["warming", "job"]


@pytest.mark.xdist_group("daphne")
def test_a_server_that_nobody_has_asked_for_anything_has_its_model(live_server_daphne):
    maps = Path(f"/proc/{live_server_daphne.process.pid}/maps")
    wait_for(lambda: "tokenizers" in maps.read_text(), 60, "the model's library in the server")
