"""Threads of requests: lent to the next one, one request at a time, none left when many came at once."""

import asyncio
import threading

import pytest
from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async

from salesboost.server import threads


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_waiting", [])


async def request(*, started: asyncio.Event | None = None, go_on: asyncio.Event | None = None) -> set[int]:
    """The threads in which one request's work was done."""
    seen = set()
    async with ThreadSensitiveContext() as context:
        with threads.lent(context):
            seen.add(await sync_to_async(threading.get_ident)())
            if started and go_on:
                started.set()
                await go_on.wait()
            seen.add(await sync_to_async(threading.get_ident)())
    return seen


def test_the_next_request_has_the_thread_of_the_last() -> None:
    async def three() -> list[set[int]]:
        return [await request() for _ in range(3)]

    first, *others = asyncio.run(three())
    assert len(first) == 1
    assert others == [first, first]


def test_two_at_a_time_share_none() -> None:
    async def both() -> tuple[set[int], set[int], set[int]]:
        started, go_on = asyncio.Event(), asyncio.Event()
        one = asyncio.create_task(request(started=started, go_on=go_on))
        await started.wait()
        other = await request()
        go_on.set()
        return await one, other, await request()

    one, other, later = asyncio.run(both())
    assert len(one) == len(other) == 1
    assert one.isdisjoint(other)
    assert later in (one, other)


def test_one_that_failed_gives_its_thread_back() -> None:
    async def failing() -> None:
        async with ThreadSensitiveContext() as context:
            with threads.lent(context):
                await sync_to_async(threading.get_ident)()
                raise ZeroDivisionError

    async def both() -> set[int]:
        with pytest.raises(ZeroDivisionError):
            await failing()
        (thread,) = threads._waiting
        return {await asyncio.get_running_loop().run_in_executor(thread, threading.get_ident)} ^ await request()

    assert asyncio.run(both()) == set()


def test_a_request_that_needs_no_thread_makes_none() -> None:
    async def needs_none() -> None:
        async with ThreadSensitiveContext() as context:
            with threads.lent(context):
                await asyncio.sleep(0)

    asyncio.run(needs_none())
    assert threads._waiting == []


def test_of_many_at_once_few_threads_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_WAITING", 2)

    async def many() -> list[threading.Thread]:
        events = [(asyncio.Event(), asyncio.Event()) for _ in range(5)]
        tasks = [asyncio.create_task(request(started=started, go_on=go_on)) for started, go_on in events]
        for started, _ in events:
            await started.wait()
        working = {thread.ident: thread for thread in threading.enumerate()}
        for _, go_on in events:
            go_on.set()
        return [working[ident] for seen in await asyncio.gather(*tasks) for ident in seen]

    made = asyncio.run(many())
    assert len(made) == 5
    assert len(threads._waiting) == 2
    kept = {thread for executor in threads._waiting for thread in executor._threads}
    for thread in set(made) - kept:
        thread.join(timeout=30)
    assert {thread for thread in made if thread.is_alive()} == kept


def test_what_a_request_leaves_behind_has_another_thread() -> None:
    async def leaving() -> tuple[set[int], int]:
        ended = asyncio.Event()

        async def later() -> int:
            await ended.wait()
            return await sync_to_async(threading.get_ident)()

        async with ThreadSensitiveContext() as context:
            with threads.lent(context):
                own = {await sync_to_async(threading.get_ident)()}
                task = asyncio.create_task(later())
        # Its thread works for the next request by now.
        started, go_on = asyncio.Event(), asyncio.Event()
        following = asyncio.create_task(request(started=started, go_on=go_on))
        await started.wait()
        ended.set()
        left = await task
        go_on.set()
        assert await following == own
        thread = SyncToAsync.context_to_thread_executor.pop(context)
        thread.shutdown()
        return own, left

    own, left = asyncio.run(leaving())
    assert left not in own
