"""Checking passwords is bounded: some run, some wait, the rest are told when to come back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import check_password, identify_hasher
from django.test import Client

from salesboost.login import hashing
from salesboost.login.answers import sentence
from salesboost.login.hashing import Bounded, TooManyLogins
from tests.salesboost.login.conftest import RIGHT


class Gate:
    """Work that ends when told to."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()

    def __call__(self):
        self.begun.release()
        self.open.wait(10)
        return "done"


def test_so_many_run_so_many_wait_and_the_next_is_refused_at_once():
    gate, bounded = Gate(), Bounded(running=1, waiting=1, wait_s=10)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(bounded.run, gate)
        assert gate.begun.acquire(timeout=10)
        second = threads.submit(bounded.run, gate)
        while bounded._room._value:  # until the second is in
            pass
        with pytest.raises(TooManyLogins):
            bounded.run(gate)
        gate.open.set()
        assert first.result(10) == second.result(10) == "done"
    assert bounded.run(lambda: "room again") == "room again"


def test_who_waits_too_long_is_refused_and_leaves_no_work_behind():
    gate, bounded = Gate(), Bounded(running=1, waiting=1, wait_s=0.01)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(bounded.run, gate)
        assert gate.begun.acquire(timeout=10)
        with pytest.raises(TooManyLogins):
            bounded.run(gate)
        gate.open.set()
        assert first.result(10) == "done"  # what has begun is waited for
    assert bounded.run(lambda: "room again") == "room again"
    assert not gate.begun.acquire(blocking=False)


def test_a_fault_is_raised_and_gives_its_place_back():
    bounded = Bounded(running=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            bounded.run(lambda: str(1 / 0))


def test_the_hash_is_djangos_own(hashed):
    assert identify_hasher(hashed).algorithm == "pbkdf2_sha256"
    assert hashed.startswith("pbkdf2_sha256$1000000$")
    assert check_password(RIGHT, hashed)
    assert not check_password("wrong", hashed)


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
@pytest.mark.django_db
def test_past_the_bound_a_page_says_when_to_come_back(monkeypatch, page):
    def full(work):
        raise TooManyLogins

    monkeypatch.setattr(hashing.bounded, "run", full)
    answer = Client().post(page, {"username": "anna", "password": "wrong"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Many people are logging in just now: try again in 5 seconds." in answer.text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes")],
)
def test_a_wait_in_words(seconds, words):
    assert sentence("Wait", seconds) == f"Wait: try again in {words}."
