"""One rendering however many watch, only what changed is sent, and the broadcaster survives whatever breaks."""

import asyncio
import threading
from collections import Counter

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError

from dashboard.addresses.selection import Selection
from dashboard.live.broadcaster import ALIVE, Broadcaster
from dashboard.live.change_notifier import send_notice
from dashboard.live.pages import Watch

OVERVIEW = Watch("overview")
SEVEN_DAYS = Watch("overview", Selection.from_query({"period": "7d"}))


class Renderer:
    """Draws from ``parts`` and counts; raises ``fault`` if there is one."""

    def __init__(self):
        self.parts = {"verdict": "<p id=verdict>well</p>", "pulse": "<p id=pulse>1</p>"}
        self.fault = None
        self.drawn = Counter()

    def __call__(self, watch):
        self.drawn[watch] += 1
        if self.fault:
            raise self.fault
        return dict(self.parts)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def watcher(into):
    async def send(text):
        into.append(text)

    return send


async def eventually(holds):
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture
async def broadcaster():
    """A broadcaster whose beats the test makes itself: the clock stands still."""
    renderer = Renderer()
    made = Broadcaster(renderer, Clock())
    made.renderer = renderer
    joined = []
    join = made.join

    async def remember(watch, send):
        joined.append((watch, send))
        await join(watch, send)

    made.join = remember
    yield made
    for watch, send in joined:
        await made.leave(watch, send)


async def test_fifty_watchers_cost_one_rendering(broadcaster):
    inboxes = [[] for _ in range(50)]
    for inbox in inboxes:
        await broadcaster.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: all(inboxes))
    assert broadcaster.renderer.drawn[OVERVIEW] == 1
    assert len({inbox[0] for inbox in inboxes}) == 1


async def test_each_distinct_view_is_rendered_once(broadcaster):
    for watch in (OVERVIEW, SEVEN_DAYS, Watch("overview"), SEVEN_DAYS):
        await broadcaster.join(watch, watcher([]))
    await eventually(lambda: len(broadcaster.renderer.drawn) == 2)
    assert broadcaster.renderer.drawn == {OVERVIEW: 1, SEVEN_DAYS: 1}


async def test_only_changed_parts_are_sent(broadcaster):
    inbox = []
    await broadcaster.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    broadcaster.renderer.parts["pulse"] = "<p id=pulse>2</p>"
    broadcaster._clock.now += 1.0
    await broadcaster.beat()
    assert inbox == ["<p id=verdict>well</p>\n<p id=pulse>1</p>", "<p id=pulse>2</p>"]


async def test_who_joins_later_gets_the_whole_at_once(broadcaster):
    first, second = [], []
    await broadcaster.join(OVERVIEW, watcher(first))
    await eventually(lambda: first)
    await broadcaster.join(OVERVIEW, watcher(second))
    assert second == first[:1]


async def test_a_view_is_drawn_once_a_second_at_most(broadcaster):
    inbox = []
    await broadcaster.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    broadcaster._clock.now += 0.9
    await broadcaster.beat()
    assert broadcaster.renderer.drawn[OVERVIEW] == 1
    broadcaster._clock.now += 0.2
    await broadcaster.beat()
    assert broadcaster.renderer.drawn[OVERVIEW] == 2


async def test_without_postgres_it_says_so_and_recovers(broadcaster):
    inbox = []
    broadcaster.renderer.fault = OperationalError("the connection is lost")
    await broadcaster.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    assert "The database does not answer" in inbox[0]
    broadcaster.renderer.fault = None
    broadcaster._clock.now += 5.0
    await broadcaster.beat()
    assert "well" in inbox[1]


async def test_a_fault_in_a_page_does_not_stop_the_broadcaster(broadcaster, caplog):
    inbox = []
    broadcaster.renderer.fault = KeyError("tool")
    await broadcaster.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    assert "could not be drawn" in inbox[0]
    assert "KeyError" in caplog.text


async def test_a_watcher_that_broke_does_not_keep_the_others_from_theirs(broadcaster):
    async def broken(text):
        raise ConnectionError

    inbox = []
    await broadcaster.join(OVERVIEW, broken)
    await broadcaster.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)


async def test_it_rests_when_nobody_watches():
    broadcaster, send = Broadcaster(Renderer()), watcher([])
    await broadcaster.join(OVERVIEW, send)
    tasks = broadcaster._tasks
    await broadcaster.leave(OVERVIEW, send)
    assert all(task.done() for task in tasks)


async def test_a_notice_of_another_process_comes_through_valkey(monkeypatch):
    monkeypatch.setattr("dashboard.live.broadcaster.HEARTBEAT_S", 3600)
    clock, renderer, inbox = Clock(), Renderer(), []
    broadcaster, send = Broadcaster(renderer, clock), watcher(inbox)
    await broadcaster.join(OVERVIEW, send)
    await eventually(lambda: inbox)  # not drawn alone: the two seconds would count as the drawing's
    clock.now += 2.0

    async def notified():
        while renderer.drawn[OVERVIEW] < 2:
            await send_notice()  # again, because the broadcaster may not have subscribed yet
            await asyncio.sleep(0.05)

    await asyncio.wait_for(notified(), 10)
    await broadcaster.leave(OVERVIEW, send)
    await get_channel_layer().flush()


async def test_it_beats_without_notices_when_valkey_is_away(settings, monkeypatch):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    monkeypatch.setattr("dashboard.live.broadcaster.HEARTBEAT_S", 0.02)
    monkeypatch.setattr("dashboard.live.broadcaster.SPACING_S", 0.02)
    renderer, send = Renderer(), watcher([])
    broadcaster = Broadcaster(renderer)
    await broadcaster.join(OVERVIEW, send)
    await eventually(lambda: renderer.drawn[OVERVIEW] >= 3)
    await broadcaster.leave(OVERVIEW, send)


class Steps:
    """A sleep that lasts until the test takes a step."""

    def __init__(self):
        self._steps = asyncio.Semaphore(0)

    async def __call__(self, seconds):
        await self._steps.acquire()

    def take(self):
        self._steps.release()


async def test_that_it_lives_is_said_while_a_view_is_drawn_for_ever():
    drawn, steps, inboxes = threading.Event(), Steps(), {OVERVIEW: [], SEVEN_DAYS: []}
    slow = Broadcaster(lambda watch: drawn.wait(20) and {}, sleep=steps)
    sends = {watch: watcher(inbox) for watch, inbox in inboxes.items()}
    for watch, send in sends.items():
        await slow.join(watch, send)
    steps.take()
    await eventually(lambda: all(inbox == [ALIVE] for inbox in inboxes.values()))
    drawn.set()
    for watch, send in sends.items():
        await slow.leave(watch, send)


async def test_who_left_hears_nothing():
    steps, inbox, gone = Steps(), [], []
    broadcaster = Broadcaster(lambda watch: {}, sleep=steps)
    staying, leaving = watcher(inbox), watcher(gone)
    await broadcaster.join(OVERVIEW, staying)
    await broadcaster.join(OVERVIEW, leaving)
    await broadcaster.leave(OVERVIEW, leaving)
    steps.take()
    await eventually(lambda: inbox == [ALIVE])
    assert gone == []
    await broadcaster.leave(OVERVIEW, staying)
