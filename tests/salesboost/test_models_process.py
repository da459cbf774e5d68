"""`up` offers models of every other vendor: by real litellm, which is started when somebody first asks."""

import os
import threading
import time
from pathlib import Path

import pytest

from salesboost.starting.up import offer_models
from salesboost.supervisor import Supervisor
from tests.tools.llm.litellm_process.where import at_lab
from tests.tools.llm.models import ask, asked, said
from tools.llm.calling import ModelClient
from tools.llm.litellm_process import client, starting


@pytest.fixture
def supervisor(tmp_path):
    """One that watches what it offers, and nothing else."""
    supervisor = Supervisor(tmp_path, {}, lambda line: None)
    ended = threading.Event()

    def watch():
        while not ended.wait(0.05):
            for each in supervisor.on_demand:
                each.start_if_asked(time.monotonic())

    offer_models(supervisor, tmp_path)
    watching = threading.Thread(target=watch)
    watching.start()
    yield supervisor
    ended.set()
    watching.join()
    supervisor.stop()


@pytest.fixture
async def asking(supervisor, monkeypatch):
    monkeypatch.setenv(starting.ADDRESS, supervisor.environment[starting.ADDRESS])
    asking = ModelClient()
    yield asking
    await asking.aclose()


async def test_it_is_started_by_the_first_who_asks_and_again_after_it_was_killed(provider_lab, supervisor, asking):
    (offered,) = supervisor.on_demand
    assert offered.child.process is None
    own = client.own().process  # of another test, or none
    where = at_lab(provider_lab, "openai/gpt-5.2")
    answer, _ = await said(asking, where, ask(where, asked()))
    first = offered.child.process
    assert answer.parts and client.own().process is own
    first.kill()
    first.wait()
    answer, _ = await said(asking, where, ask(where, asked(), stream=True))
    assert answer.parts and offered.child.process is not first


def test_nobody_else_may_ask_and_it_knows_no_secret_of_ours(supervisor, monkeypatch):
    place = Path(supervisor.environment[starting.ADDRESS])
    assert (place.parent.stat().st_mode & 0o777, place.stat().st_mode & 0o777) == (0o700, 0o600)
    shell = {"DATABASE_URL": "hush", "SALESBOOST_SECRET_KEY": "hush", "OPENAI_API_KEY": "hush", "PATH": "/bin"}
    known = starting.environment({**shell, "https_proxy": "http://proxy", "AWS_REGION": "eu-central-1"})
    assert "hush" not in str(known)
    assert {"PATH", "https_proxy", "AWS_REGION", "HF_HUB_OFFLINE"} <= known.keys()
    assert os.environ["PATH"] == supervisor.on_demand[0].child.environment["PATH"]
