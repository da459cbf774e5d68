"""The bounded queue between a tool and its caller."""

import asyncio

import pytest

from tools.calls.chunks import Stream, StreamClosed


async def test_items_come_in_order_and_then_the_end():
    stream = Stream()
    for number in range(3):
        await stream.send(number)
    stream.end()
    assert [await stream.receive() for _ in range(3)] == [0, 1, 2]
    with pytest.raises(StopAsyncIteration):
        await stream.receive()


async def test_a_sender_waits_while_there_is_no_room():
    stream = Stream(2)
    sending = asyncio.create_task(send_all(stream, 5))
    for _ in range(10):
        await asyncio.sleep(0)
    assert stream.sent == 2
    assert [await stream.receive() for _ in range(5)] == [0, 1, 2, 3, 4]
    await sending


async def send_all(stream, count):
    for number in range(count):
        await stream.send(number)


async def test_a_receiver_waits_for_what_comes():
    stream = Stream()
    receiving = asyncio.create_task(stream.receive())
    await asyncio.sleep(0)
    await stream.send("late")
    assert await receiving == "late"


async def test_senders_that_wait_are_told_when_nobody_takes_any_more():
    stream = Stream(1)
    await stream.send(0)
    waiting = [asyncio.create_task(stream.send(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    stream.close()
    for sender in waiting:
        with pytest.raises(StreamClosed):
            await sender
