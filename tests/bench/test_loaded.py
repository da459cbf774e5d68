"""How calls at fixed times are sent and timed."""

import asyncio

from tests.bench.loaded import paced

ANSWER = b"HTTP/1.1 %d OK\r\nContent-Length: 2\r\n\r\nok"
A_MOMENT_S = 0.3


async def answer(reader, writer):
    """The first waits for a moment, and the third is refused."""
    for number in range(3):
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0 if number else A_MOMENT_S)
        writer.write(ANSWER % (503 if number == 2 else 200))
    writer.close()


async def test_what_waits_for_a_slow_answer_is_late_from_when_it_was_due():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    load = await paced(f"http://{host}:{port}/", [b"GET / HTTP/1.1\r\n\r\n"] * 3, 100, connections=1)
    server.close()
    first, second, third = load.took_ms
    assert first >= A_MOMENT_S * 1000
    assert second >= A_MOMENT_S * 1000 - 15  # due 10 ms after the first
    assert third >= A_MOMENT_S * 1000 - 30
    assert load.statuses == {200: 2, 503: 1}
    assert load.seconds >= A_MOMENT_S
