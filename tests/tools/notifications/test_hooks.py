"""Hooks of an executor: what they hear, in which order, and that no call suffers by them."""

import asyncio
import threading

import pytest

from tools import tool
from tools.definition.policy import BreakerPolicy
from tools.errors import BreakerOpen, ProviderError, ReturnedFailure
from tools.notifications import hooks
from tools.notifications.dispatch import Hooks, Line
from tools.notifications.hooks import KINDS


class Everything:
    """Hears all kinds, and keeps what it hears in order."""

    def __init__(self):
        self.heard = []
        for kind in KINDS:
            setattr(self, kind, lambda event, kind=kind: self.heard.append((kind, event)))

    @property
    def kinds(self):
        return [kind for kind, _ in self.heard]


@pytest.fixture
def hook():
    return Everything()


@tool
async def double(number: int) -> int:
    """Twice the number."""
    return number * 2


@tool
async def refuse() -> None:
    """Cannot do it."""
    raise ReturnedFailure("cannot")


async def call(executor, name, **payload):
    """What became of the call, when all hooks have heard of it."""
    try:
        return (await executor.execute(name=name, payload=payload)).result
    except Exception as error:
        return error
    finally:
        assert await asyncio.to_thread(executor.hooks.flush, 5)


async def test_a_call_that_succeeds_is_told_at_its_start_and_its_end(make_executor, hook):
    await call(make_executor(double, hooks=[hook]), "double", number=2)
    (_, started), (_, ended) = hook.heard
    assert hook.kinds == ["on_start", "on_end"]
    assert (started.call.payload, ended.result.result) == ({"number": 2}, 4)
    assert started.call.tool_call_id == ended.result.tool_call_id


async def test_a_call_that_fails_is_told_with_its_error(make_executor, hook):
    error = await call(make_executor(refuse, hooks=[hook]), "refuse")
    assert hook.kinds == ["on_start", "on_error"]
    assert hook.heard[1][1].error is error


@pytest.mark.parametrize(("name", "code"), [("nope", "unknown_tool"), ("double", "invalid_arguments")])
async def test_a_refused_call_is_told_too(make_executor, hook, name, code):
    await call(make_executor(double, hooks=[hook]), name)
    assert (hook.kinds, hook.heard[1][1].error.code) == (["on_start", "on_error"], code)


async def test_a_call_that_its_caller_gave_up_is_told_as_cancelled(make_executor, hook):
    @tool
    async def hang() -> None:
        """Never ends."""
        began.set()
        await asyncio.Event().wait()

    began, executor = asyncio.Event(), make_executor(hang, hooks=[hook])
    task = asyncio.ensure_future(executor.execute(name="hang", payload={}))
    await began.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await asyncio.to_thread(executor.hooks.flush, 5)
    assert (hook.kinds, hook.heard[1][1].error.code) == (["on_start", "on_error"], "cancelled")


async def test_each_retry_is_told_before_it_waits(make_executor, hook):
    tries = []

    @tool(retries=2)
    async def shaky() -> int:
        """Works the third time."""
        tries.append(1)
        if len(tries) < 3:
            raise ProviderError("down")
        return 3

    assert await call(make_executor(shaky, hooks=[hook]), "shaky") == 3
    assert hook.kinds == ["on_start", "on_retry", "on_retry", "on_end"]
    told = [event for kind, event in hook.heard if kind == "on_retry"]
    assert [(event.call.attempt, event.delay_s, event.error.code) for event in told] == [
        (1, 1.0, "provider_error"),
        (2, 2.0, "provider_error"),
    ]


async def test_each_look_into_the_cache_is_told(make_executor, hook, clock):
    @tool(cache_ttl_s=60, cache_stale_s=60)
    async def kept() -> int:
        """Kept for a minute, and one more while it is fetched anew."""
        return 1

    executor = make_executor(kept, hooks=[hook])
    for seconds in (0, 59, 2):
        clock.now += seconds
        await call(executor, "kept")
        await executor.flush()
    assert [event.found for kind, event in hook.heard if kind == "on_cache"] == ["miss", "hit", "stale"]


async def test_a_hook_may_be_asynchronous_and_hear_one_kind_only(make_executor):
    class Ends:
        async def on_end(self, event):
            await asyncio.sleep(0)
            heard.append(event.result.result)

    heard = []
    await call(make_executor(double, hooks=[Ends()]), "double", number=2)
    assert heard == [4]


async def test_an_object_that_hears_nothing_is_refused(make_executor):
    with pytest.raises(TypeError, match="object is no hook: give it one of the methods on_start"):
        make_executor(double, hooks=[object()])


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
async def test_a_hook_cannot_end_its_thread(make_executor, kind):
    heard = []

    class Leaving:
        def on_start(self, event):
            raise kind

        async def on_end(self, event):
            heard.append(event)
            raise kind

    executor = make_executor(double, hooks=[Leaving()])
    for number in range(3):
        assert await call(executor, "double", number=number) == number * 2
    assert executor.hooks.lines[0].lost == {("on_start", "raised"): 3, ("on_end", "raised"): 3}
    assert len(heard) == 3


async def test_a_hook_that_raises_breaks_no_call_and_is_logged_once_a_minute(make_executor, caplog):
    class Broken:
        def on_start(self, event):
            raise ZeroDivisionError("oops")

        async def on_end(self, event):
            raise SystemExit(3)

    executor = make_executor(double, hooks=[Broken()])
    for number in range(3):
        assert await call(executor, "double", number=number) == number * 2
    assert executor.hooks.lines[0].lost == {("on_start", "raised"): 3, ("on_end", "raised"): 3}
    assert caplog.text.count("the hook Broken.on_start lost 1 events (raised)") == 1
    assert caplog.text.count("the hook Broken.on_end lost") == 1


def test_the_log_says_once_a_minute_how_many_were_lost(clock, caplog):
    class Broken:
        def on_end(self, event):
            raise ZeroDivisionError

    line = Line(Broken(), clock=clock)
    for seconds in (0, 1, 60):
        clock.now += seconds
        line.add("on_end", None)
        assert line.flush(5)
    line.close()
    assert [record.message for record in caplog.records] == [
        "the hook Broken.on_end lost 1 events (raised)",
        "the hook Broken.on_end lost 3 events (raised)",
    ]


async def test_a_hook_that_hangs_delays_neither_calls_nor_other_hooks(make_executor, hook):
    class Stuck:
        def on_start(self, event):
            go_on.wait()

    go_on = threading.Event()
    executor = make_executor(double, hooks=[Stuck(), hook])
    for number in range(3):
        assert (await executor.execute(name="double", payload={"number": number})).result == number * 2
    assert await asyncio.to_thread(executor.hooks.lines[1].flush, 5)
    assert hook.kinds == ["on_start", "on_end"] * 3
    go_on.set()


async def test_an_asynchronous_hook_that_takes_too_long_is_given_up(make_executor, monkeypatch):
    class Slow:
        async def on_end(self, event):
            await asyncio.Event().wait()

    monkeypatch.setattr("tools.notifications.dispatch.TIMEOUT_S", 0.01)
    executor = make_executor(double, hooks=[Slow()])
    await call(executor, "double", number=1)
    assert executor.hooks.lines[0].lost == {("on_end", "late"): 1}


def test_events_beyond_what_may_wait_are_dropped_and_counted(monkeypatch):
    class Stuck:
        def on_start(self, event):
            began.set()
            go_on.wait()

    monkeypatch.setattr("tools.notifications.dispatch.MAX_WAITING", 2)
    began, go_on, counted = threading.Event(), threading.Event(), []
    line = Line(Stuck(), lambda *loss: counted.append(loss))
    line.add("on_start", None)
    assert began.wait(5)
    for _ in range(3):
        line.add("on_start", None)
    assert counted == [("Stuck", "on_start", "dropped")]
    go_on.set()
    line.close()


async def test_what_waits_is_told_when_the_executor_is_closed(make_executor):
    class Slow:
        def on_end(self, event):
            began.set()
            go_on.wait(5)
            heard.append(event.result.result)

    began, go_on, heard = threading.Event(), threading.Event(), []
    executor = make_executor(double, hooks=[Slow()])
    await executor.execute(name="double", payload={"number": 2})
    assert await asyncio.to_thread(began.wait, 5)
    threading.Timer(0.01, go_on.set).start()
    await asyncio.to_thread(executor.close)
    assert heard == [4]


async def test_a_breaker_that_changes_is_told_with_before_and_after(make_executor, hook, clock):
    @tool(breaker=BreakerPolicy(failures=1, cooldown_s=15))
    async def away() -> int:
        """Fails at first."""
        if failing:
            raise ProviderError("down")
        return 1

    failing = [True]
    executor = make_executor(away, hooks=[hook])

    async def changes(count):
        async with asyncio.timeout(5):
            while len(found := [event for kind, event in hook.heard if kind == "on_state_change"]) < count:
                await asyncio.sleep(0.005)
        return [(event.tool, event.was, event.now) for event in found]

    await call(executor, "away")
    assert isinstance(await call(executor, "away"), BreakerOpen)
    assert await changes(1) == [("away", "closed", "open")]
    clock.now += 15
    assert (await changes(2))[1] == ("away", "open", "half_open")
    failing.clear()
    assert await call(executor, "away") == 1
    await executor.flush()
    assert (await changes(3))[2] == ("away", "half_open", "closed")


def test_every_kind_is_a_protocol_of_one_method():
    protocols = (
        hooks.OnStart, hooks.OnEnd, hooks.OnError, hooks.OnRetry, hooks.OnCache, hooks.OnStateChange,
    )  # fmt: skip
    assert all(isinstance(Everything(), protocol) for protocol in protocols)
    assert not any(isinstance(object(), protocol) for protocol in protocols)


def test_without_hooks_there_is_nobody_to_tell():
    assert not any(getattr(Hooks(), kind) for kind in KINDS)
