"""An open ``/ws/chat`` loses what its login or its key loses: at the next call, and for pushes soon."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from tests.logins import alog_in, headers_of
from tests.tools.api.test_chat import Chat
from tools import tool
from tools.api.consumers import ChatConsumer
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope
from tools.running import runtime
from tools.web.sockets.doorkeeper import Doorkeeper
from tools.web.sockets.tickets import clients_of_sessions

pytestmark = pytest.mark.django_db(transaction=True)
NEVER_S = 3600.0


@pytest.fixture
def doorkeeper(monkeypatch):
    """One that looks only when it is told to."""
    made = Doorkeeper(every_s=NEVER_S)
    monkeypatch.setattr(ChatConsumer, "doorkeeper", made)
    return made


@pytest.fixture
async def ana():
    return await database_sync_to_async(User.objects.create_superuser)("ana", password="correct horse battery")


async def a_socket(session, name="test123"):
    chat = Chat(f"?session_id={name}", headers_of(session))
    assert (await chat.connect())[0]
    return chat


async def closing(chat):
    """The problem document that it says last, and its code."""
    problem = (await chat.next("error"))["data"]
    closed = await chat.receive_output(5)
    assert closed["type"] == "websocket.close"
    assert closed["reason"] == problem["code"]
    assert await chat.receive_nothing(0.2)
    return problem["code"], closed["code"]


def sign_out():
    Session.objects.all().delete()


def deactivate():
    User.objects.update(is_active=False)


def change_password():
    user = User.objects.get()
    user.set_password("another horse battery")
    user.save()


def delete_account():
    User.objects.all().delete()


def become_a_viewer():
    User.objects.update(is_superuser=False)
    User.objects.get(username="ana").groups.set(Group.objects.filter(name="viewer"))


ENDS = pytest.mark.parametrize("end", [sign_out, deactivate, change_password, delete_account])
CALL = {"action": "execute", "tool": "double", "payload": {"number": 21}}


@ENDS
@pytest.mark.parametrize("action", ["execute", "stream"])
async def test_nothing_runs_after_the_login(executor, known_keys, doorkeeper, ana, spans, end, action):
    chat = await a_socket(await alog_in(ana))
    await chat.send_json_to(CALL)
    assert (await chat.next("tool_result"))["data"]["result"] == 42
    await database_sync_to_async(end)()
    spans.clear()
    await chat.send_json_to({**CALL, "action": action, "caller_role": "admin"})
    assert await closing(chat) == ("signed_out", 4401)
    assert spans.get_finished_spans() == ()
    await chat.send_json_to(CALL)
    assert await chat.receive_nothing(0.2)
    assert spans.get_finished_spans() == ()


@ENDS
async def test_nothing_is_pushed_after_the_login(executor, known_keys, doorkeeper, ana, end):
    chat = await a_socket(await alog_in(ana))
    await database_sync_to_async(end)()
    await doorkeeper.look()
    await executor.execute(name="double", payload={"number": 1}, caller_role="coach", session_id="test123")
    assert await closing(chat) == ("signed_out", 4401)


async def test_who_lost_the_right_to_run_may_look_and_not_run(
    executor, known_keys, doorkeeper, ana, spans, person
):
    chat = await a_socket(await alog_in(ana))
    await database_sync_to_async(person)("ben", "viewer")
    await database_sync_to_async(become_a_viewer)()
    await chat.send_json_to(CALL)
    assert (await chat.next("tool_error"))["data"]["code"] == "missing_permission"
    await doorkeeper.look()
    await executor.execute(name="double", payload={"number": 1}, caller_role="coach", session_id="test123")
    assert (await chat.next("tool_status"))["data"]["status"] == "started"
    await chat.disconnect()


async def test_a_login_that_goes_on_keeps_its_socket(executor, known_keys, doorkeeper, ana):
    chat = await a_socket(await alog_in(ana))
    for _ in range(3):
        await doorkeeper.look()
        await chat.send_json_to(CALL)
        assert (await chat.next("tool_result"))["data"]["result"] == 42
    await chat.disconnect()


async def test_a_stream_ends_with_the_rights(executor, known_keys, doorkeeper, ana, make_executor, monkeypatch):
    ended = asyncio.Event()

    @tool
    async def tick() -> AsyncIterator[int]:
        """Ticks once and waits."""
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(tick))
    chat = await a_socket(await alog_in(ana))
    await chat.send_json_to({"action": "stream", "tool": "tick"})
    await chat.next("tool_chunk")
    await database_sync_to_async(sign_out)()
    await doorkeeper.look()
    assert await closing(chat) == ("signed_out", 4401)
    await asyncio.wait_for(ended.wait(), 5)


def keys(**changes):
    about = {
        "name": "app",
        "prefix": "sb_app",
        "scopes": frozenset({Scope.EXECUTE}),
        "roles": frozenset({"coach", "rag"}),
        "default_role": "coach",
    }
    return live.pinned(Snapshot(keys={digest("sb_app"): KeyInfo(**{**about, **changes})}))


@pytest.fixture
async def app_socket(executor, doorkeeper):
    with keys():
        chat = Chat(headers=[(b"authorization", b"Bearer sb_app")])
        assert (await chat.connect())[0]
    yield chat
    await chat.disconnect()


async def test_a_revoked_key_runs_nothing(app_socket, spans):
    with live.pinned(Snapshot()):
        await app_socket.send_json_to(CALL)
        assert await closing(app_socket) == ("invalid_api_key", 4401)
    assert spans.get_finished_spans() == ()


async def test_a_key_that_expires_hears_nothing_more(app_socket, executor):
    with keys(expires_at=timezone.now()):
        await executor.execute(
            name="double", payload={"number": 1}, caller_role="coach", session_id="test123", sender="key app"
        )
        assert await closing(app_socket) == ("invalid_api_key", 4401)


async def test_a_key_that_lost_its_scopes_is_closed_out(app_socket, doorkeeper):
    with keys(scopes=frozenset({Scope.METRICS})):
        await doorkeeper.look()
        assert await closing(app_socket) == ("missing_scope", 4403)


async def test_a_key_that_lost_a_role_may_not_claim_it(app_socket, spans):
    with keys(roles=frozenset({"coach"})):
        await app_socket.send_json_to({**CALL, "caller_role": "rag"})
        assert (await app_socket.next("tool_error"))["data"]["code"] == "role_not_granted"
        await app_socket.send_json_to(CALL)
        assert (await app_socket.next("tool_result"))["data"]["result"] == 42


async def test_a_key_may_not_claim_more_than_over_rest(app_socket, api_as):
    with keys():
        asked = {**CALL, "caller_role": "admin"}
        await app_socket.send_json_to(asked)
        said = (await app_socket.next("tool_error"))["data"]
        answer = await api_as("sb_app").execute("double", {"number": 21}, caller_role="admin")
        assert (said["code"], said["status"]) == (answer.json()["code"], answer.status_code)


@pytest.mark.parametrize("scope", [Scope.METRICS, Scope.INGEST, Scope.MANAGE])
async def test_a_key_that_may_neither_run_nor_read_may_not_follow(executor, doorkeeper, scope):
    with keys(scopes=frozenset({scope})):
        chat = Chat(headers=[(b"authorization", b"Bearer sb_app")])
        await chat.connect()
        assert await closing(chat) == ("missing_scope", 4403)
        chat = Chat()
        await chat.connect()
        await chat.send_json_to({"type": "authenticate", "token": "sb_app"})
        assert await closing(chat) == ("missing_scope", 4403)


async def test_a_socket_waits_for_postgres_and_runs_nothing_meanwhile(
    executor, known_keys, ana, spans, monkeypatch
):
    away = []

    def find(sessions):
        if away:
            raise OperationalError("no")
        return clients_of_sessions(sessions)

    doorkeeper = Doorkeeper(find, every_s=NEVER_S)
    monkeypatch.setattr(ChatConsumer, "doorkeeper", doorkeeper)
    chat = await a_socket(await alog_in(ana))
    away.append(True)
    await doorkeeper.look()
    await chat.send_json_to(CALL)
    assert (await chat.next("tool_error"))["data"]["code"] == "unavailable"
    assert spans.get_finished_spans() == ()
    late = Chat(headers=headers_of("a" * 32))
    await late.connect()
    assert await closing(late) == ("unavailable", 4503)
    away.clear()
    await chat.send_json_to(CALL)
    assert (await chat.next("tool_result"))["data"]["result"] == 42
    await chat.disconnect()


async def test_a_cookie_without_an_origin_is_nobody(executor, known_keys, ana):
    session = await alog_in(ana)
    chat = Chat(headers=[pair for pair in headers_of(session) if pair[0] != b"origin"])
    await chat.connect()
    await chat.send_json_to(CALL)
    assert await closing(chat) == ("not_authenticated", 4401)


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://localhost:8000", "null"])
async def test_another_page_may_not_use_the_cookie(executor, known_keys, ana, origin):
    chat = Chat(headers=headers_of(await alog_in(ana), origin))
    assert not (await chat.connect())[0]
