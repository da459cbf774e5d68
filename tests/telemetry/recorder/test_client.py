"""Bodies over the recorder's socket, real ones; what is stored of them is in test_process."""

import asyncio
import os
import stat

import pytest

from telemetry.process.counters import counters
from telemetry.recorder import client, frames, server
from telemetry.recorder.client import Line
from telemetry.recorder.presence import held
from telemetry.recorder.protocol import BUSY, MAX_BODY_BYTES, TOO_LARGE, Head, Reply
from telemetry.recorder.server import Desk

HEAD = Head("application/json", "gzip", "shop", frozenset({"a", "b"}), forward=True)


class Intake:
    """Says what it got; waits for *gate* where there is one."""

    is_full = False

    def __init__(self):
        self.got, self.gate, self.begun = [], None, asyncio.Event()

    async def take(self, head, body):
        self.got.append((head, len(body)))
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        if body == b"fault":
            raise ValueError(body)
        return Reply(rejected=len(body), message="read")


@pytest.fixture
def folder(tmp_path):
    with held(tmp_path, lambda: False):
        yield tmp_path


@pytest.fixture
async def intake():
    return Intake()


@pytest.fixture
async def desk(folder, intake):
    desk = Desk(intake)
    await desk.open(folder)
    yield desk
    await desk.close(1)


@pytest.fixture
def line(folder):
    return Line(folder)


async def test_a_body_arrives_as_it_is_with_what_is_known_of_it(desk, line, intake, folder):
    for size in (0, 1, 300_000, MAX_BODY_BYTES):
        assert await line.take(HEAD, b"x" * size) == Reply(rejected=size, message="read")
    assert intake.got == [(HEAD, size) for size in (0, 1, 300_000, MAX_BODY_BYTES)]
    assert stat.S_IMODE(os.stat(folder / frames.SOCKET).st_mode) == 0o600
    assert len(line._idle) == 1  # one connection did


async def test_many_at_a_time_each_get_their_own_answer(desk, line):
    answers = await asyncio.gather(*(line.take(HEAD, b"x" * size) for size in range(50)))
    assert [told.rejected for told in answers] == list(range(50))
    assert len(line._idle) == client.MAX_IDLE


async def test_a_fault_is_a_later_try_and_no_end_of_the_connection(desk, line, caplog):
    assert await line.take(HEAD, b"fault") == BUSY
    assert "A body could not be taken in" in caplog.text
    assert (await line.take(HEAD, b"x")).status == 200


async def test_too_much_is_refused_at_both_ends(desk, line, intake, monkeypatch):
    assert await line.take(HEAD, b"x" * (MAX_BODY_BYTES + 1)) == TOO_LARGE
    intake.gate = asyncio.Event()
    waiting = asyncio.ensure_future(line.take(HEAD, b"x" * 600))
    await intake.begun.wait()
    monkeypatch.setattr(server, "MAX_WAITING_BYTES", 1000)
    assert await line.take(HEAD, b"x" * 600) == BUSY
    monkeypatch.setattr(client, "MAX_WAITING_BYTES", 1000)
    assert await line.take(HEAD, b"x" * 600) == BUSY
    intake.gate.set()
    assert (await waiting).status == 200
    intake.is_full = True
    assert await line.take(HEAD, b"x") == BUSY
    intake.is_full = False
    assert len(intake.got) == 1 and (await line.take(HEAD, b"x")).status == 200


async def test_a_sender_that_hangs_up_leaves_no_answer_to_another(desk, line, intake):
    intake.gate = asyncio.Event()
    gone = asyncio.ensure_future(line.take(HEAD, b"x" * 7))
    await intake.begun.wait()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    intake.gate.set()
    assert (await line.take(HEAD, b"x" * 9)).rejected == 9


async def test_a_body_waits_for_the_next_recorder_and_only_so_long(folder, line, intake):
    first = Desk(intake)
    await first.open(folder)
    assert (await line.take(HEAD, b"x")).status == 200
    await first.close(1)
    waiting = asyncio.ensure_future(line.take(HEAD, b"xy"))
    while line._idle:  # by which it finds out that the first has gone
        await asyncio.sleep(0)
    (folder / frames.SOCKET).touch()  # as a killed one leaves it
    second = Desk(intake)
    await second.open(folder)
    assert (await waiting).rejected == 2
    await second.close(1)
    assert await Line(folder, patience_s=0.2).take(HEAD, b"x") == BUSY


async def test_one_that_is_garbled_is_said_and_hung_up(desk, folder, caplog):
    with frames.address(folder) as path:
        for sent in (b"GET / HTTP/1.1\r\n\r\n", frames.SIZES.pack(3, 0) + b"{}}"):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(sent)
            assert await reader.read() == b""
            writer.close()
    assert caplog.text.count("what nobody understands") == 2


async def test_the_last_body_is_answered_though_the_recorder_is_told_to_end(folder, line, intake):
    desk = Desk(intake)
    await desk.open(folder)
    intake.gate = asyncio.Event()
    last = asyncio.ensure_future(line.take(HEAD, b"xyz"))
    await intake.begun.wait()
    ending = asyncio.ensure_future(desk.close(5))
    await asyncio.sleep(0)
    intake.gate.set()
    assert (await last).rejected == 3
    await ending


async def test_a_folder_that_lies_deep_has_a_socket_too(tmp_path, intake):
    deep = tmp_path / ("d" * 120)
    with held(deep, lambda: False):
        desk = Desk(intake)
        await desk.open(deep)
        assert (await Line(deep).take(HEAD, b"x")).status == 200
        await desk.close(1)


async def test_a_socket_that_was_taken_away_is_made_again(desk, folder, intake, caplog):
    await desk.keep_open()
    assert not caplog.text
    (folder / frames.SOCKET).unlink()
    await desk.keep_open()
    assert "it is made again" in caplog.text
    assert stat.S_IMODE(os.stat(folder / frames.SOCKET).st_mode) == 0o600
    assert (await Line(folder).take(HEAD, b"x")).status == 200


async def test_a_socket_that_another_recorder_made_is_left_to_it(folder, intake):
    older, younger = Desk(intake), Desk(intake)
    await older.open(folder)
    await younger.open(folder)
    await older.close(1)
    assert (await Line(folder).take(HEAD, b"x")).status == 200
    await younger.close(1)
    assert not (folder / frames.SOCKET).exists()


async def test_a_recorder_that_hangs_is_not_waited_for_for_ever_and_seen(desk, folder, intake):
    intake.gate = asyncio.Event()
    line = Line(folder, answer_s=0.3)
    waiting = asyncio.ensure_future(line.take(HEAD, b"x"))
    await intake.begun.wait()
    assert counters().gauges["bodies"]() == 1
    assert counters().oldest["bodies"]() is not None
    assert await waiting == BUSY
    assert (counters().gauges["bodies"](), counters().oldest["bodies"]()) == (0, None)
    intake.gate.set()
    assert (await line.take(HEAD, b"x")).status == 200  # by a connection of its own
