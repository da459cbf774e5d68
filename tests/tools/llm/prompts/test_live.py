"""Prompts as a process knows them: without a query, and at most two seconds old."""

import os
import re
import subprocess
import sys

import pytest
from django.db import OperationalError, connection

from salesboost.services import wait_until
from tests.running import ROOT
from tools.llm.prompts.errors import CannotRender
from tools.llm.prompts.labels import move
from tools.llm.prompts.live import Prompts, Snapshot
from tools.llm.prompts.models import Prompt

ACME = {"customer": "Acme"}


@pytest.fixture
def live():
    made = Prompts()
    yield made
    made.stop()


def text(live, **about):
    return live.rendered("greeting", **{"model": "gpt-6-sol", "variables": ACME, **about}).text


@pytest.mark.django_db
def test_only_a_new_version_is_read(live, make_prompt, django_assert_num_queries):
    prompt = make_prompt(production=1, staging=1)
    with django_assert_num_queries(3):
        live.refresh()
    with django_assert_num_queries(1):
        live.refresh()
    move(prompt.labels.get(name="production"), prompt.versions.get(number=2), by="ann", reason="better")
    with django_assert_num_queries(3):
        live.refresh()
    with live.pinned(live.snapshot):
        assert (text(live), text(live, label="staging")) == ("Number 2: Acme, nothing", "Number 1: Acme, nothing")


@pytest.mark.django_db
def test_what_no_label_points_at_is_forgotten(live, make_prompt):
    prompt = make_prompt(production=1)
    live.refresh()
    move(prompt.labels.get(name="production"), prompt.versions.get(number=2), by="ann", reason="better")
    live.refresh()
    assert [version.number for version in live.snapshot.versions.values()] == [2]


@pytest.mark.django_db
def test_rendering_asks_nothing(live, make_prompt, django_assert_num_queries):
    make_prompt(production=1)
    live.refresh()
    with live.pinned(live.snapshot), django_assert_num_queries(0):
        for model in ("gpt-6-sol", "gemini-3.8-flash", "qwen3"):
            for rung in ("detailed", "simple", "minimal"):
                assert "Acme" in text(live, model=model, rung=rung, most_tokens=100)


@pytest.mark.django_db
def test_the_variant_is_that_of_the_models_family(live, make_prompt):
    make_prompt(production=1)
    live.refresh()
    with live.pinned(live.snapshot):
        assert text(live, model="google/gemini-3.8-flash", rung="simple") == "Answer Acme. Known: nothing"
        found = live.rendered("greeting", model="openai/gpt-oss-120b", rung="minimal", variables=ACME)
    assert found.sent.variant == "detailed/detailed"


@pytest.mark.django_db
def test_what_is_not_there_is_named(live, make_prompt):
    make_prompt(versions=1)
    live.refresh()
    with live.pinned(live.snapshot):
        for about, said in (
            ({"name": "greting"}, "There is no prompt 'greting'; there are greeting."),
            ({"label": "prod"}, "The prompt greeting has no label 'prod'; it has production and staging."),
            ({}, "The prompt greeting has no version in production yet."),
        ):
            with pytest.raises(CannotRender) as refused:
                live.rendered(**{"name": "greeting", "model": "gpt-6-sol", **about})
            assert str(refused.value) == said
    with live.pinned(Snapshot()), pytest.raises(CannotRender, match="there are none"):
        live.rendered("greeting", model="gpt-6-sol")


def test_while_postgres_is_away_the_last_snapshot_stays_and_the_log_says_so_once(live, monkeypatch, caplog):
    def away(known):
        raise OperationalError("no route")

    live.snapshot = kept = Snapshot({"greeting": {}})
    monkeypatch.setattr("tools.llm.prompts.live.read_snapshot", away)
    live.refresh()
    live.refresh()
    assert live.snapshot is kept
    assert caplog.text.count("prompts cannot be read") == 1


@pytest.mark.django_db(transaction=True)
def test_a_move_reaches_a_running_process_by_itself(live, make_prompt):
    prompt = make_prompt(production=1)
    assert text(live) == "Number 1: Acme, nothing"
    move(prompt.labels.get(name="production"), prompt.versions.get(number=2), by="ann", reason="better")
    assert wait_until(lambda: text(live) == "Number 2: Acme, nothing", 2)


OTHER = """
import django; django.setup()
import sys, time
from tools.llm.prompts import live
for wanted in (1, 2):
    deadline = time.monotonic() + (30 if wanted == 1 else 2)
    while (got := live.rendered("greeting", model="gpt-6-sol", variables={"customer": "A"}).version) != wanted:
        assert time.monotonic() < deadline, got
        time.sleep(0.02)
    print(wanted, flush=True)
    if wanted == 1:
        sys.stdin.readline()
"""


@pytest.mark.django_db(transaction=True)
def test_a_move_reaches_another_process_within_two_seconds(make_prompt):
    prompt = make_prompt(production=1)
    name = connection.settings_dict["NAME"]
    url = re.sub(r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"])
    with subprocess.Popen(
        [sys.executable, "-c", OTHER],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "salesboost.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "1\n"
        move(
            Prompt.objects.get().labels.get(name="production"), prompt.versions.get(number=2), by="ann", reason="x"
        )
        other.stdin.write("go on\n")
        other.stdin.flush()
        assert other.stdout.readline() == "2\n"
        other.wait(20)
