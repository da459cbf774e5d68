"""A stream over REST ends when what let it in is gone."""

import asyncio
import json
import os
from collections.abc import AsyncIterator

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import AsyncClient

from tests.tools.web.test_sse import parsed
from tools import tool
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope
from tools.running import runtime
from tools.web import sse
from tools.web.sockets.doorkeeper import Doorkeeper

pytestmark = pytest.mark.django_db(transaction=True)
KEY = KeyInfo("app", "sb_app", frozenset({Scope.EXECUTE}), frozenset(), None, "coach")
KNOWN = Snapshot(keys={digest("sb_app"): KEY})


@pytest.fixture
def doorkeeper(monkeypatch):
    """One that looks only when it is told to."""
    made = Doorkeeper(every_s=3600)
    monkeypatch.setattr(sse, "DOORKEEPER", made)
    return made


@pytest.fixture
def ended(make_executor, monkeypatch):
    """Set when the tool ``tick``, which ticks once and waits, has ended."""
    over = asyncio.Event()

    @tool
    async def tick(times: int = 1) -> AsyncIterator[int]:
        """Ticks, and waits for ever unless it was twice."""
        try:
            for number in range(times):
                yield number
            if times < 2:
                await asyncio.Event().wait()
        finally:
            over.set()

    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(tick))
    return over


async def begun(client, payload=None, **headers):
    """The parts of a stream's answer."""
    body = json.dumps({"tool": "tick", "payload": payload or {}})
    answer = await client.post("/api/v1/tools/stream", data=body, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    return aiter(answer.streaming_content)


async def up_to_the_chunk(parts):
    told = b""
    while b"event: chunk" not in told:
        told += await anext(parts)


async def the_rest(parts):
    return parsed(b"".join([part async for part in parts]))


async def test_a_stream_ends_with_its_key(doorkeeper, ended):
    with live.pinned(KNOWN):
        parts = await begun(AsyncClient(), Authorization="Bearer sb_app")
        await up_to_the_chunk(parts)
    with live.pinned(Snapshot()):
        await doorkeeper.look()
        ((event, problem),) = await the_rest(parts)
    assert (event, problem["code"]) == ("error", "invalid_api_key")
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_stream_ends_with_its_login(doorkeeper, ended):
    client = AsyncClient()
    staff = await database_sync_to_async(User.objects.create_superuser)("ana")
    await client.aforce_login(staff)
    parts = await begun(client)
    await up_to_the_chunk(parts)
    await database_sync_to_async(Session.objects.all().delete)()
    await doorkeeper.look()
    ((event, problem),) = await the_rest(parts)
    assert (event, problem["code"]) == ("error", "signed_out")
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_stream_whose_key_goes_on_is_not_disturbed(doorkeeper, ended):
    with live.pinned(KNOWN):
        parts = await begun(AsyncClient(), {"times": 2}, Authorization="Bearer sb_app")
        await up_to_the_chunk(parts)
        await doorkeeper.look()
        assert [event for event, _ in await the_rest(parts)] == ["chunk", "result"]
    assert doorkeeper._seats == set()
