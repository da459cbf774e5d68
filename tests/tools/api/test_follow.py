"""Whose calls the follower of a session hears of: its own, and with the scope "read" everybody's."""

import uuid

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User

from tests.logins import alog_in, headers_of
from tests.tools.api.conftest import Api
from tests.tools.api.test_chat import Chat
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope
from tools.web.access import Client
from tools.web.sockets.following import as_heard_by, may_hear

pytestmark = pytest.mark.django_db(transaction=True)


def a_key(name, *scopes):
    return KeyInfo(name, name, frozenset(scopes), frozenset(), None, "coach")


KEYS = {
    "sb_app": a_key("app", Scope.EXECUTE),
    "sb_other": a_key("other", Scope.EXECUTE),
    "sb_operator": a_key("operator", Scope.READ, Scope.PAYLOADS),
    "sb_ana": a_key("ana", Scope.EXECUTE),
}


# The session of a test's sockets and calls: its own, for events of another test may still be on their way.
HERE = {"session_id": ""}


@pytest.fixture(autouse=True)
def session(monkeypatch):
    monkeypatch.setitem(HERE, "session_id", uuid.uuid4().hex)


@pytest.fixture
def keys(executor):
    with live.pinned(Snapshot(keys={digest(plain): key for plain, key in KEYS.items()})):
        yield KEYS


@pytest.fixture
async def follow(keys):
    """Open a socket on the session, by key or as somebody who is signed in."""
    opened = []

    async def open_one(plain="", user=None):
        headers = headers_of(await alog_in(user)) if user else [(b"authorization", f"Bearer {plain}".encode())]
        opened.append(Chat(f"?session_id={HERE['session_id']}", headers))
        assert (await opened[-1].connect())[0]
        return opened[-1]

    yield open_one
    for chat in opened:
        await chat.disconnect()


async def call(plain, number, **more):
    answer = await Api(plain).execute("double", {"number": number}, **HERE, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["tool_call_id"]


async def heard(chat, last):
    """The results that it hears of, up to *last*."""
    results = []
    while last not in results:
        data = (await chat.next("tool_status"))["data"]
        if data["status"] == "completed":
            results.append(data["result_preview"])
    return results


async def rest(chat):
    """What it is still told: the message, its call, and how far that is."""
    told = []
    while not await chat.receive_nothing(0.3):
        data = (message := await chat.says())["data"]
        told.append((message["event"], data.get("tool_call_id"), data.get("status"), data.get("result_preview")))
    return told


async def test_a_key_hears_nothing_of_what_another_key_does_in_a_session_of_the_same_name(follow):
    app, other = await follow("sb_app"), await follow("sb_other")
    await call("sb_app", 1)
    own = await call("sb_other", 2)
    await call("sb_app", 3)
    assert await heard(app, "6") == ["2", "6"]
    assert await heard(other, "4") == ["4"]
    assert [told for told in await rest(other) if told[1] != own] == []


async def test_who_may_read_hears_all_of_a_session(follow):
    operator = await follow("sb_operator")
    await call("sb_app", 1)
    await call("sb_other", 2)
    assert await heard(operator, "4") == ["2", "4"]


async def test_a_reader_may_not_run_tools(follow):
    operator = await follow("sb_operator")
    await operator.send_json_to({"action": "execute", "tool": "double", "payload": {"number": 1}})
    assert (await operator.next("tool_error"))["data"]["code"] == "missing_scope"


async def test_a_person_and_a_key_of_the_same_name_are_two(follow, executor):
    ana = await follow("sb_ana")
    for sender, number in (("user ana", 1), ("", 2), ("key ana", 3)):
        await executor.execute(
            name="double", payload={"number": number}, caller_role="coach", sender=sender, **HERE
        )
    assert await heard(ana, "6") == ["6"]


async def test_somebody_signed_in_may_read_and_hears_all(follow):
    ana = await follow(user=await database_sync_to_async(User.objects.create_superuser)("ana"))
    await call("sb_app", 1)
    await ana.send_json_to({"action": "execute", "tool": "double", "payload": {"number": 2}})
    assert await heard(ana, "4") == ["2", "4"]


PARALLEL = {"calls": [{"tool": "double", "payload": {"number": 21}}]}
TEXT = {
    "text": '<tool_call>{"name": "double", "arguments": {"number": 21}}</tool_call>',
}


@pytest.mark.parametrize(("address", "body"), [("execute_parallel", PARALLEL), ("execute_text", TEXT)])
async def test_a_key_hears_of_its_own_calls_however_they_were_asked_for(follow, address, body):
    app, other = await follow("sb_app"), await follow("sb_other")
    answer = await Api("sb_app").post(f"/api/v1/tools/{address}", body | HERE)
    assert answer.status_code == 200
    assert await heard(app, "42") == ["42"]
    assert await rest(other) == []


async def test_a_key_hears_of_what_it_runs_over_the_socket(follow):
    app, other = await follow("sb_app"), await follow("sb_other")
    await app.send_json_to({"action": "execute", "tool": "double", "payload": {"number": 21}})
    assert await heard(app, "42") == ["42"]
    assert await rest(other) == []


def test_calls_of_nobody_known_are_for_readers():
    assert not may_hear(Client(name="app", key_name="app", scopes=frozenset({Scope.EXECUTE})), "")
    assert may_hear(Client(name="op", scopes=frozenset({Scope.READ})), "")


def test_how_anothers_result_begins_is_told_with_the_scope_for_payloads_alone():
    data = {"status": "completed", "result_preview": "x"}
    message = {"sender": "key app", "event": {"event": "tool_status", "data": data}}
    own = Client(name="app", key_name="app", scopes=frozenset({Scope.EXECUTE}))
    reader = Client(name="op", scopes=frozenset({Scope.READ}))
    both = Client(name="op", scopes=frozenset({Scope.READ, Scope.PAYLOADS}))
    told = [as_heard_by(client, message)["data"]["result_preview"] for client in (own, reader, both)]
    assert told == ["x", None, "x"]
    assert as_heard_by(reader, message)["data"]["status"] == "completed"
