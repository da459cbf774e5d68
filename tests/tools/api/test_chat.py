"""``/ws/chat``: a session's events over a WebSocket."""

import asyncio

import pytest
from channels.testing import WebsocketCommunicator

from salesboost.asgi import application
from salesboost.services import Valkey, spawn, wait_until
from tests.ports import free_port
from tools.api import consumers
from tools.api.consumers import ChatConsumer
from tools.decisions import live
from tools.web.sockets import following
from tools.web.sockets.doorkeeper import Doorkeeper

# Channels looks after database connections when a socket closes.
pytestmark = pytest.mark.django_db
KEY = [(b"authorization", b"Bearer sb_full")]


class Chat(WebsocketCommunicator):
    def __init__(self, query="?session_id=test123", headers=()):
        super().__init__(application, f"/ws/chat{query}", headers=list(headers))

    async def says(self, timeout=5):
        return await self.receive_json_from(timeout)

    async def next(self, *events, timeout=5):
        """The next message of one of *events*; others are passed over."""
        while True:
            message = await self.says(timeout)
            if message["event"] in events:
                return message


@pytest.fixture
async def chat(executor, known_keys):
    opened = Chat(headers=KEY)
    assert (await opened.connect())[0]
    yield opened
    await opened.disconnect()


async def test_a_call_is_seen_to_start_and_to_complete(executor, chat):
    await executor.execute(name="double", payload={"number": 21}, caller_role="coach", session_id="test123")
    started, completed = await chat.says(), await chat.says()
    assert set(started) == {"event", "data", "timestamp"}
    assert started["event"] == completed["event"] == "tool_status"
    assert set(started["data"]) == {
        "tool_name",
        "status",
        "tool_call_id",
        "caller_role",
        "latency_ms",
        "cached",
        "retry_count",
        "result_preview",
        "error",
    }
    assert [started["data"]["status"], completed["data"]["status"]] == ["started", "completed"]
    assert (completed["data"]["result_preview"], completed["data"]["caller_role"]) == ("42", "coach")


async def test_a_failure_is_told_with_its_reason(executor, chat):
    with pytest.raises(Exception, match="cannot: no"):
        await executor.execute(name="refuse", payload={"why": "no"}, session_id="test123")
    while (event := (await chat.next("tool_status"))["data"])["status"] != "failed":
        pass
    assert event["error"] == "cannot: no"


async def test_events_of_another_session_are_not_heard(executor, chat):
    await executor.execute(name="double", payload={"number": 3}, caller_role="coach", session_id="other")
    own = await executor.execute(name="double", payload={"number": 4}, caller_role="coach", session_id="test123")
    assert (await chat.next("tool_status"))["data"]["tool_call_id"] == own.tool_call_id


async def test_a_tool_can_be_run_over_the_socket(chat):
    await chat.send_json_to({"action": "execute", "tool": "double", "payload": {"number": 21}})
    assert (await chat.next("tool_result"))["data"]["result"] == 42
    await chat.send_json_to({"action": "execute", "tool": "doubel", "payload": {}})
    assert (await chat.next("tool_error"))["data"]["code"] == "unknown_tool"


@pytest.mark.parametrize("text", ["{", "[1]", '{"action": "dance"}'])
async def test_a_message_that_is_not_understood_is_answered_with_a_hint(chat, text):
    await chat.send_to(text_data=text)
    problem = (await chat.next("error"))["data"]
    assert (problem["status"], bool(problem["hint"])) == (400, True)


async def test_the_first_message_may_carry_the_key(executor, known_keys):
    chat = Chat()
    assert (await chat.connect())[0]
    await chat.send_json_to({"type": "authenticate", "token": "sb_full"})
    assert (await chat.says())["event"] == "authenticated"
    await chat.disconnect()


@pytest.mark.parametrize(
    "first", [{"type": "authenticate", "token": "sb_wrong"}, {"action": "execute", "tool": "x"}]
)
async def test_who_does_not_authenticate_is_told_so_and_closed_out(executor, known_keys, first):
    chat = Chat()
    await chat.connect()
    await chat.send_json_to(first)
    assert (await chat.says())["data"]["status"] == 401
    assert (await chat.receive_output())["code"] == 4401


async def test_a_wrong_key_in_the_header_is_refused(executor, known_keys):
    chat = Chat(headers=[(b"authorization", b"Bearer sb_wrong")])
    await chat.connect()
    assert (await chat.says())["data"]["code"] == "invalid_api_key"
    assert (await chat.receive_output())["code"] == 4401


async def test_a_socket_on_which_nobody_authenticates_is_closed(executor, known_keys, monkeypatch):
    monkeypatch.setattr(consumers, "AUTHENTICATE_WITHIN_S", 0.01)
    chat = Chat()
    await chat.connect()
    assert (await chat.says())["data"]["code"] == "not_authenticated"
    assert (await chat.receive_output())["code"] == 4401


async def test_a_socket_without_a_session_says_what_is_missing(executor, known_keys):
    chat = Chat("", headers=KEY)
    await chat.connect()
    assert "session_id" in (await chat.says())["data"]["detail"]
    assert (await chat.receive_output())["code"] == 4400


async def test_a_page_of_another_site_is_refused(known_keys):
    chat = Chat(headers=[*KEY, (b"origin", b"https://evil.example")])
    assert not (await chat.connect())[0]


async def test_a_key_that_is_revoked_loses_its_socket(executor, known_keys, monkeypatch):
    monkeypatch.setattr(ChatConsumer, "doorkeeper", Doorkeeper(every_s=0.01))
    chat = Chat(headers=KEY)
    await chat.connect()
    with live.pinned(live.Snapshot()):
        assert (await chat.next("error"))["data"]["code"] == "invalid_api_key"
        output = await chat.receive_output()
    assert output["code"] == 4401


@pytest.fixture
def own_valkey(tmp_path, settings):
    """A Valkey for this test alone, which carries the events and may be killed and started again."""
    server = Valkey(tmp_path, free_port(), "secret")
    server.prepare()
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [server.url], "prefix": "test"},
        }
    }
    started = []

    def start():
        started.append(spawn(server, tmp_path / "log"))
        assert wait_until(server.ready, 10)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(5)


async def test_a_socket_says_when_valkey_is_away_and_goes_on_when_it_is_back(
    executor, known_keys, own_valkey, monkeypatch
):
    monkeypatch.setattr(following, "ECHO_EVERY_S", 0.05)
    process = own_valkey()
    chat = Chat(headers=KEY)
    await chat.connect()
    process.kill()
    assert await chat.next("degraded")
    await asyncio.to_thread(own_valkey)
    assert await chat.next("recovered", timeout=10)
    await executor.execute(name="double", payload={"number": 4}, caller_role="coach", session_id="test123")
    while (await chat.next("tool_status"))["data"]["result_preview"] != "8":
        pass
    await chat.disconnect()


async def test_a_socket_opens_while_valkey_is_away(executor, known_keys, settings):
    layer = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": ["redis://127.0.0.1:1"]},
    }
    settings.CHANNEL_LAYERS = {"default": layer}
    chat = Chat(headers=KEY)
    assert (await chat.connect())[0]
    assert (await chat.says())["event"] == "degraded"
    await chat.disconnect()
