"""The pulse: one rendering however many watch, only what changed is sent, and it survives whatever breaks."""

import asyncio
import threading
from collections import Counter

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError

from dashboard.live import Watch
from dashboard.nudge import send_nudge
from dashboard.pulse import ALIVE, Pulse
from dashboard.selection import Selection

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
async def pulse():
    """A pulse whose beats the test makes itself: the clock stands still."""
    renderer = Renderer()
    made = Pulse(renderer, Clock())
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


async def test_fifty_watchers_cost_one_rendering(pulse):
    inboxes = [[] for _ in range(50)]
    for inbox in inboxes:
        await pulse.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: all(inboxes))
    assert pulse.renderer.drawn[OVERVIEW] == 1
    assert len({inbox[0] for inbox in inboxes}) == 1


async def test_each_distinct_view_is_rendered_once(pulse):
    for watch in (OVERVIEW, SEVEN_DAYS, Watch("overview"), SEVEN_DAYS):
        await pulse.join(watch, watcher([]))
    await eventually(lambda: len(pulse.renderer.drawn) == 2)
    assert pulse.renderer.drawn == {OVERVIEW: 1, SEVEN_DAYS: 1}


async def test_only_changed_parts_are_sent(pulse):
    inbox = []
    await pulse.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    pulse.renderer.parts["pulse"] = "<p id=pulse>2</p>"
    pulse._clock.now += 1.0
    await pulse.beat()
    assert inbox == ["<p id=verdict>well</p>\n<p id=pulse>1</p>", "<p id=pulse>2</p>"]


async def test_who_joins_later_gets_the_whole_at_once(pulse):
    first, second = [], []
    await pulse.join(OVERVIEW, watcher(first))
    await eventually(lambda: first)
    await pulse.join(OVERVIEW, watcher(second))
    assert second == first[:1]


async def test_a_view_is_drawn_once_a_second_at_most(pulse):
    inbox = []
    await pulse.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    pulse._clock.now += 0.9
    await pulse.beat()
    assert pulse.renderer.drawn[OVERVIEW] == 1
    pulse._clock.now += 0.2
    await pulse.beat()
    assert pulse.renderer.drawn[OVERVIEW] == 2


async def test_without_postgres_it_says_so_and_recovers(pulse):
    inbox = []
    pulse.renderer.fault = OperationalError("the connection is lost")
    await pulse.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    assert "The database does not answer" in inbox[0]
    pulse.renderer.fault = None
    pulse._clock.now += 5.0
    await pulse.beat()
    assert "well" in inbox[1]


async def test_a_fault_in_a_page_does_not_stop_the_pulse(pulse, caplog):
    inbox = []
    pulse.renderer.fault = KeyError("tool")
    await pulse.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)
    assert "could not be drawn" in inbox[0]
    assert "KeyError" in caplog.text


async def test_a_watcher_that_broke_does_not_keep_the_others_from_theirs(pulse):
    async def broken(text):
        raise ConnectionError

    inbox = []
    await pulse.join(OVERVIEW, broken)
    await pulse.join(OVERVIEW, watcher(inbox))
    await eventually(lambda: inbox)


async def test_it_rests_when_nobody_watches():
    pulse, send = Pulse(Renderer()), watcher([])
    await pulse.join(OVERVIEW, send)
    tasks = pulse._tasks
    await pulse.leave(OVERVIEW, send)
    assert all(task.done() for task in tasks)


async def test_a_nudge_of_another_process_comes_through_valkey(monkeypatch):
    monkeypatch.setattr("dashboard.pulse.HEARTBEAT_S", 3600)
    clock, renderer, inbox = Clock(), Renderer(), []
    pulse, send = Pulse(renderer, clock), watcher(inbox)
    await pulse.join(OVERVIEW, send)
    await eventually(lambda: inbox)  # not drawn alone: the pulse would take the two seconds for the drawing's
    clock.now += 2.0

    async def nudged():
        while renderer.drawn[OVERVIEW] < 2:
            await send_nudge()  # again, because the pulse may not have subscribed yet
            await asyncio.sleep(0.05)

    await asyncio.wait_for(nudged(), 10)
    await pulse.leave(OVERVIEW, send)
    await get_channel_layer().flush()


async def test_it_beats_without_nudges_when_valkey_is_away(settings, monkeypatch):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    monkeypatch.setattr("dashboard.pulse.HEARTBEAT_S", 0.02)
    monkeypatch.setattr("dashboard.pulse.SPACING_S", 0.02)
    renderer, send = Renderer(), watcher([])
    pulse = Pulse(renderer)
    await pulse.join(OVERVIEW, send)
    await eventually(lambda: renderer.drawn[OVERVIEW] >= 3)
    await pulse.leave(OVERVIEW, send)


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
    slow = Pulse(lambda watch: drawn.wait(20) and {}, sleep=steps)
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
    pulse = Pulse(lambda watch: {}, sleep=steps)
    staying, leaving = watcher(inbox), watcher(gone)
    await pulse.join(OVERVIEW, staying)
    await pulse.join(OVERVIEW, leaving)
    await pulse.leave(OVERVIEW, leaving)
    steps.take()
    await eventually(lambda: inbox == [ALIVE])
    assert gone == []
    await pulse.leave(OVERVIEW, staying)
