"""Deadlines and sizes of one connection, by an injected clock and a transport in memory."""

import asyncio

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from salesboost.server.channel import LINGER_S, Deadlines
from salesboost.server.limits import OTLP_BYTES, REST_BYTES, SMALL_BYTES, Unread, limit_of, needs_name, refused
from salesboost.server.serving import Factory, Server

HEADERS = b"POST /login/ HTTP/1.1\r\nHost: x\r\n"


class Socket(StringTransport):
    """A transport that can be closed for writing alone."""

    aborted = written_out = False

    def loseWriteConnection(self):
        self.written_out = True

    def abortConnection(self):
        self.aborted = True


class Connection:
    """A channel, its transport, its clock and what its application was given."""

    def __init__(self):
        self.clock, self.socket, self.asked = Clock(), Socket(peerAddress=IPv4Address("TCP", "10.0.0.1", 1)), []
        self.server = Server(self.application, endpoints=["unused"])
        self.server.connections = {}
        factory = Factory(self.server, Deadlines())
        factory.reactor = self.clock
        self.channel = factory.buildProtocol(self.socket.getPeer())
        self.channel.makeConnection(self.socket)

    async def application(self, scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.asked.append((scope["path"], len(body), scope.get("salesboost.unread")))
        if scope["path"] == "/slow":
            await self.streamed(send)
            return
        headers = [(b"Content-Length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def streamed(self, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        self.clock.advance(3_600)
        await send({"type": "http.response.body", "body": b"last"})

    async def says(self, data, *, answered=True):
        self.socket.clear()
        self.channel.dataReceived(data)
        for _ in range(20):
            await asyncio.sleep(0)
        return self.socket.value()

    @property
    def closed(self):
        return self.socket.disconnecting or self.socket.written_out


@pytest.fixture
async def connection():
    return Connection()


async def test_half_a_header_is_answered_408_when_its_time_is_over(connection):
    await connection.says(b"GET / HT")
    for _ in range(19):
        connection.clock.advance(1)
        await connection.says(b"T")  # a byte now and then does not help
    assert not connection.closed
    connection.clock.advance(1.1)
    assert connection.socket.value().startswith(b"HTTP/1.1 408 Request Timeout")
    assert b"Connection: close" in connection.socket.value()
    connection.clock.advance(LINGER_S)
    assert connection.socket.aborted and connection.asked == []


async def test_a_body_that_trickles_is_answered_408(connection):
    await connection.says(HEADERS + b"Content-Length: 1000\r\n\r\n")
    for _ in range(29):
        connection.clock.advance(1)
        await connection.says(b"x")
    assert not connection.closed
    connection.clock.advance(1.1)
    assert b"408" in connection.socket.value() and connection.asked == []


async def test_a_body_that_is_slow_but_keeps_the_rate_is_read(connection):
    await connection.says(HEADERS + b"Content-Length: 64000\r\n\r\n")
    for _ in range(30):
        connection.clock.advance(1)
        await connection.says(b"x" * 2_000)
    connection.clock.advance(0.5)  # beyond 30 s, within the second that 64 kB more are worth
    said = await connection.says(b"x" * 4_000)
    assert said.endswith(b"ok") and connection.asked == [("/login/", 64_000, None)]


async def test_an_answer_has_no_deadline(connection):
    said = await connection.says(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"first" in said and b"last" in said and not connection.closed


async def test_one_connection_serves_many_requests_each_with_its_own_deadline(connection):
    for _ in range(3):
        assert (await connection.says(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).endswith(b"ok")
        connection.clock.advance(60)
    await connection.says(b"GET / HTTP")
    connection.clock.advance(20)
    assert b"408" in connection.socket.value()


async def test_a_request_in_the_wake_of_another_has_a_deadline_too(connection):
    assert (await connection.says(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")).endswith(b"ok")
    connection.clock.advance(20)
    assert b"408" in connection.socket.value()


async def test_a_connection_without_a_request_is_closed(connection):
    connection.clock.advance(74)
    assert not connection.closed
    connection.clock.advance(1)
    assert connection.closed and connection.socket.value() == b""


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 400000000\r\n\r\n",
        b"Content-Length: 400000000\r\nExpect: 100-continue\r\n\r\n",
        b"Content-Length: 400000000\r\n\r\n" + b"x" * 10_000,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n8000\r\n" + b"x" * 0x8000,
    ],
    ids=["said", "expecting", "begun", "chunked"],
)
async def test_a_body_too_large_is_not_read_and_ends_the_connection(connection, headers):
    said = await connection.says(HEADERS + headers)
    assert connection.asked == [("/login/", 0, Unread(SMALL_BYTES, False))]
    assert b"100 Continue" not in said and b"Connection: close" in said and connection.socket.written_out
    assert await connection.says(b"x" * 1_000_000) == b""  # dropped
    connection.clock.advance(LINGER_S)
    assert connection.socket.aborted and len(connection.asked) == 1


async def test_a_chunked_body_is_refused_also_where_its_end_came_in_the_same_piece(connection):
    chunks = b"10000\r\n" + b"x" * 0x10000 + b"\r\n0\r\n\r\n"
    await connection.says(HEADERS + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert connection.asked == [("/login/", 0, Unread(SMALL_BYTES, False))]
    assert connection.socket.disconnecting or connection.socket.written_out


async def test_who_expects_it_is_told_to_go_on(connection):
    assert await connection.says(HEADERS + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n") == (
        b"HTTP/1.1 100 Continue\r\n\r\n"
    )
    assert (await connection.says(b"abc")).endswith(b"ok")


async def test_who_sends_less_than_is_said_waits_and_more_is_no_request(connection):
    await connection.says(HEADERS + b"Content-Length: 10\r\n\r\nabc")
    connection.clock.advance(31)
    assert b"408" in connection.socket.value()
    other = Connection()
    await other.says(HEADERS + b"Content-Length: 2\r\n\r\nabc and more\r\n\r\n")
    assert other.asked == [("/login/", 2, None)] and other.closed


async def test_half_a_request_does_not_keep_the_server_from_ending(connection):
    await connection.says(b"GET / HT\r\n")
    connection.server.kill_all_applications()


@pytest.mark.parametrize(
    ("path", "anyone", "known"),
    [
        ("/login/", SMALL_BYTES, SMALL_BYTES),
        ("/no/such", SMALL_BYTES, SMALL_BYTES),
        ("/v1/traces", 0, OTLP_BYTES),
        ("/api/v1/tools/execute", 0, REST_BYTES),
        ("/admin/tools/tool/1/change/", SMALL_BYTES, REST_BYTES),
        ("/ws/chat", 0, 0),
    ],
)
def test_limits_by_address(path, anyone, known):
    limit = limit_of(path)
    assert limit == (anyone, known)
    assert refused(limit, anyone, False) is None or anyone == 0
    assert refused(limit, known + 1, True) == Unread(known, True)
    assert refused(limit, anyone + 1, False) == Unread(anyone, False)
    assert needs_name(limit, None) is (known > anyone)
