"""API keys: how they are made, found, and end."""

import re
from datetime import timedelta

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


def test_wrong_keys_cannot_make_the_process_read_the_table_again_and_again():
    reads, now = [], [0.0]
    look = SecondLook(lambda: reads.append(now[0]), clock=lambda: now[0])
    for now[0] in (0.0, 0.4, 0.9, 1.1, 1.2):
        look.take()
    assert reads == [0.0, 1.1]


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
