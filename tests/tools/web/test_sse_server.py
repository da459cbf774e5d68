"""Streams through a real daphne: chunks arrive while the tool works, and who hangs up stops it."""

import json
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from telemetry.models import Span
from tests.live import Daphne, wait_for
from tools.decisions.keys import create_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


class Ticking:
    """A server with streaming tools, a key for it, and what its tools note when they end."""

    def __init__(self, server, key):
        self.server = server
        self.headers = {"Authorization": f"Bearer {key}"}
        self.folder = Path(server.environment["TICKING"])
        for tool in ("tick", "tock"):
            (self.folder / tool).unlink(missing_ok=True)

    def knows_the_key(self):
        return httpx.get(f"{self.server.url}/api/v1/tools", headers=self.headers, timeout=5).status_code == 200

    def ended(self, tool):
        return (self.folder / tool).exists()

    def post(self, tool, payload):
        body = {"tool": tool, "payload": payload}
        address = f"{self.server.url}/api/v1/tools/stream"
        return httpx.stream("POST", address, json=body, headers=self.headers, timeout=30)

    def socket(self):
        address = f"{self.server.url.replace('http', 'ws')}/ws/chat?session_id=s1"
        return connect(address, additional_headers=self.headers)


@pytest.fixture(scope="module")
def server(django_db_setup, tmp_path_factory):
    from django.db import connection

    folder = tmp_path_factory.mktemp("ticking")
    started = Daphne(
        str(connection.settings_dict["NAME"]),
        folder / "log",
        environment={"TICKING": str(folder)},
        application="tests.ticking:application",
    )
    yield started
    started.stop()


@pytest.fixture
def ticking(server, transactional_db):
    if not server.running:
        server.start()
    ticking = Ticking(server, create_key("app", ["execute"])[1])
    wait_for(ticking.knows_the_key, 20, "the server reading the new key")
    yield ticking
    server.settle()


def lines_of(response):
    return (line for line in response.iter_lines() if line and not line.startswith(":"))


def data_of(line):
    return json.loads(line.removeprefix("data: "))


def test_chunks_arrive_while_the_tool_works_and_hanging_up_ends_it(ticking):
    with ticking.post("tick", {"times": 2}) as response:
        lines = lines_of(response)
        told = [next(lines) for _ in range(4)]
        assert not ticking.ended("tick")
    assert (told[2], data_of(told[3])["chunk"]) == ("event: chunk", {"tick": 1})
    assert wait_for(lambda: ticking.ended("tick"), 10, "the generator's finally")
    calls = Span.objects.filter(tool_call_id=data_of(told[3])["tool_call_id"])
    span = wait_for(calls.first, 10, "the span of the call")
    assert (span.outcome, span.error_type) == ("timeout", "cancelled")
    assert span.attributes["salesboost.stream.chunks"] == 2


def test_hanging_up_ends_a_tool_in_its_thread_too(ticking):
    with ticking.post("tock", {"times": 100_000}) as response:
        assert next(lines_of(response)) == "event: chunk"
    assert wait_for(lambda: ticking.ended("tock"), 10, "the generator's finally")


def test_a_stream_ends_with_its_result(ticking):
    with ticking.post("tick", {"times": 5}) as response:
        told = list(lines_of(response))
    assert told[0::2] == ["event: chunk"] * 5 + ["event: result"]
    assert data_of(told[-1])["result"] == [{"tick": number} for number in range(5)]


def test_a_stream_that_breaks_off_ends_with_its_error(ticking):
    with ticking.post("stumble", {}) as response:
        told = list(lines_of(response))
    assert told[0::2] == ["event: chunk", "event: error"]
    assert data_of(told[-1])["code"] == "provider_error"


def heard(socket, last):
    """Messages up to the first of the event *last*."""
    while True:
        message = json.loads(socket.recv(timeout=20))
        yield message
        if message["event"] == last:
            return


def ask(socket, times):
    socket.send(json.dumps({"action": "stream", "tool": "tick", "payload": {"times": times}}))


def test_a_socket_gets_the_chunks_of_its_call_and_then_its_result(ticking):
    with ticking.socket() as socket:
        ask(socket, 5)
        told = list(heard(socket, "tool_result"))
    chunks = [message["data"] for message in told if message["event"] == "tool_chunk"]
    assert [(chunk["index"], chunk["chunk"]) for chunk in chunks] == [(n, {"tick": n}) for n in range(5)]
    assert {chunk["tool_call_id"] for chunk in chunks} == {told[-1]["data"]["tool_call_id"]}


def test_closing_a_socket_ends_its_streams(ticking):
    with ticking.socket() as socket:
        ask(socket, 1)
        list(heard(socket, "tool_chunk"))
        assert not ticking.ended("tick")
    assert wait_for(lambda: ticking.ended("tick"), 10, "the generator's finally")
