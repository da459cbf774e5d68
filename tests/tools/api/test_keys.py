"""API keys: how they are made, found, and end."""

import asyncio
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.utils import timezone

from tools.decisions import live
from tools.decisions.keys import create_key, digest, ensure_key, make_plain, revoke_key, store_key
from tools.models import ApiKey, Scope
from tools.web.authentication import SecondLook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_keys():
    """The process has read the keys as they are, and reads them again only when asked."""
    live.refresh()
    yield
    live.stop()


async def looks(plain):
    response = await AsyncClient().get("/api/v1/openapi.json", headers={"Authorization": f"Bearer {plain}"})
    return response.status_code


def test_a_key_is_recognisable_and_only_its_hash_is_kept():
    key, plain = create_key("first")
    assert re.fullmatch(r"sb_[A-Za-z0-9_-]{43}", plain)
    stored = ApiKey.objects.values().get(pk=key.pk)
    assert stored["hash"] == digest(plain)
    assert plain not in str(stored)
    assert stored["prefix"] == plain[:8]


def test_no_two_keys_are_alike():
    assert len({make_plain() for _ in range(1000)}) == 1000


async def test_a_new_key_works_at_once():
    _, plain = await sync_to_async(create_key)("new")
    assert await looks(plain) == 200


async def test_a_revoked_key_opens_nothing():
    key, plain = await sync_to_async(create_key)("leaked")
    assert await looks(plain) == 200
    await sync_to_async(revoke_key)(key)
    assert await looks(plain) == 401


async def test_an_expired_key_opens_nothing():
    key = ApiKey(name="old", scopes=[Scope.READ], expires_at=timezone.now() - timedelta(seconds=1))
    await sync_to_async(store_key)(key, "sb_old")
    assert await looks("sb_old") == 401


async def test_a_key_made_in_another_process_is_found_by_a_second_look(monkeypatch):
    monkeypatch.setattr("tools.web.authentication.second_look", SecondLook(live.refresh))
    monkeypatch.setattr("tools.process.renewal.REFRESH_S", 3600)  # the thread reads once, before the key is there
    assert live.key("none") is None
    await ApiKey.objects.acreate(name="elsewhere", hash=digest("sb_elsewhere"), prefix="sb_elsew")
    assert live.key(digest("sb_elsewhere")) is None
    assert await looks("sb_elsewhere") == 200


class Clock:
    """A time of its own, in which sleeping takes none of ours; a reading takes as long as it is told to."""

    def __init__(self, reading_s=0.0):
        self.now, self.reading_s, self.reads = 0.0, reading_s, []
        self.look = SecondLook(self.read, lambda: self.now, self.sleep)

    def read(self):
        self.reads.append(round(self.now, 3))
        self.now += self.reading_s

    async def sleep(self, seconds):
        self.now += seconds


@pytest.mark.parametrize(
    ("reading_s", "pause_s"), [(0.0, 0.05), (0.002, 0.05), (0.02, 0.2), (0.4, 1.0)], ids=["0", "2", "20", "400 ms"]
)
async def test_wrong_keys_make_the_process_read_the_keys_for_a_tenth_of_the_time(reading_s, pause_s):
    clock = Clock(reading_s)
    for _ in range(4):
        clock.now += 0.0001
        await clock.look.take()
    begun = [later - earlier for earlier, later in pairwise(clock.reads)]
    assert begun == pytest.approx([reading_s + pause_s] * 3, abs=0.002)


async def test_many_who_wait_share_one_reading_that_began_after_they_asked():
    reads, told = [], threading.Event()

    def read():
        reads.append(time.monotonic())
        told.wait(10)

    look = SecondLook(read)
    early = asyncio.create_task(look.take())
    while not reads:
        await asyncio.sleep(0.01)
    late = [asyncio.create_task(look.take()) for _ in range(20)]
    await asyncio.sleep(0)
    told.set()
    await asyncio.gather(early, *late)
    assert len(reads) == 2  # what was being read when they asked may have been read before their key was made


@pytest.mark.timeout(180)
def test_keys_work_in_another_process_the_moment_they_are_made(live_server_daphne):
    address = f"{live_server_daphne.url}/api/v1/openapi.json"
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(4) as threads:
        for number in range(12):
            bearer = {"Authorization": f"Bearer {create_key(f'key {number}')[1]}"}
            answers = threads.map(lambda _, headers=bearer: client.get(address, headers=headers), range(4))
            assert [answer.status_code for answer in answers] == [200] * 4


def test_ensuring_the_preset_key_twice_makes_one():
    assert ensure_key("first key", "preset").pk == ensure_key("first key", "preset").pk
    assert ApiKey.objects.count() == 1


def test_a_changed_preset_revokes_the_old_one():
    old = ensure_key("first key", "preset")
    new = ensure_key("first key", "another")
    old.refresh_from_db()
    assert old.revoked_at is not None
    assert (new.name, ApiKey.objects.valid().get()) == ("first key", new)


async def test_a_key_is_never_logged(caplog):
    caplog.set_level("DEBUG")
    await looks("sb_wrong-secret")
    assert "wrong-secret" not in caplog.text
