import asyncio
import sys
import threading

import pytest
from channels.layers import get_channel_layer

from tools import tool
from tools.calls.call import Caller, ToolCall
from tools.notifications.events import MAX_WAITING, Events, session_group, tool_status
from tools.process.background import BackgroundLoop


@tool
async def echo(text: str = "") -> str:
    """Says the same."""
    return text


CALL = ToolCall(tool=echo, policy=echo.policy, payload={}, caller=Caller(session_id="chat 7 / ü"))


@pytest.fixture
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


async def test_a_session_hears_its_events_in_order_through_the_real_channel_layer(make_executor):
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(session_group("chat 7 / ü"), channel)
    await make_executor(echo).execute(name="echo", payload={"text": "hi"}, session_id="chat 7 / ü")
    heard = [await asyncio.wait_for(layer.receive(channel), 5) for _ in range(2)]
    assert [message["type"] for message in heard] == ["tool.status"] * 2
    assert [message["event"]["data"]["status"] for message in heard] == ["started", "completed"]
    assert heard[1]["event"]["data"]["result_preview"] == '"hi"'


async def test_a_session_whose_caller_went_away_hears_of_the_end(make_executor):
    @tool
    async def patient() -> None:
        """Waits."""
        await asyncio.Event().wait()

    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(session_group("s2"), channel)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(make_executor(patient).execute(name="patient", payload={}, session_id="s2"), 0.05)
    heard = [(await asyncio.wait_for(layer.receive(channel), 5))["event"]["data"] for _ in range(2)]
    assert (heard[1]["status"], heard[1]["error"]) == ("failed", "The caller went away before the tool answered.")


def test_while_the_channel_layer_is_away_events_are_dropped_and_the_log_says_so_once(background, caplog):
    class Away:
        async def group_send(self, group, message):
            raise ConnectionError("refused")

    events = Events(background, get_layer=Away)
    for _ in range(3):
        events.publish(CALL, tool_status(CALL, "started"))
    background.submit(asyncio.sleep(0)).result(5)
    wait_for(lambda: events.dropped == 3)
    assert caplog.text.count("tool events are dropped") == 1


def test_a_slow_channel_layer_holds_a_bounded_number_of_events(background):
    class Stuck:
        async def group_send(self, group, message):
            await asyncio.Event().wait()

    events = Events(background, get_layer=Stuck)
    for _ in range(MAX_WAITING + 10):
        events.publish(CALL, tool_status(CALL, "started"))
    assert events.dropped >= 9


def test_many_threads_that_publish_are_heard_each_in_its_order(background, eager_threads):
    heard = []

    class Slow:
        async def group_send(self, group, message):
            await asyncio.sleep(0 if len(heard) % 3 else 0.0001)
            heard.append(message["event"])

    events = Events(background, get_layer=Slow)

    def publish(thread):
        for number in range(200):
            events.publish(CALL, (thread, number))
            if number % 7 == 0:
                wait_for(lambda last=number: (thread, last) in heard)  # so that the sender ends and begins again

    threads = [threading.Thread(target=publish, args=[name]) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: len(heard) == 800)
    for name in range(4):
        assert [number for thread, number in heard if thread == name] == list(range(200))


@pytest.fixture
def eager_threads():
    """Threads take turns after a few instructions, so that what can come between does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def wait_for(condition):
    from salesboost.services import wait_until

    assert wait_until(condition, 5)
