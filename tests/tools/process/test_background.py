import asyncio
import threading

import pytest

from tools.process.background import BackgroundLoop


class Left(BaseException):
    """Is no Exception, as asyncio's own CancelledError."""


@pytest.fixture
def background():
    made = BackgroundLoop("test")
    yield made
    made.stop()


async def raising(error):
    raise error


async def thread():
    return threading.current_thread()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, Left, ZeroDivisionError])
def test_whatever_a_task_raises_others_go_on(background, kind):
    before = background.submit(thread()).result(5)
    other = background.submit(asyncio.sleep(0.01, "done"))
    with pytest.raises(kind):
        background.submit(raising(kind())).result(5)
    assert other.result(5) == "done"
    assert background.submit(thread()).result(5) is before


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_whatever_a_callback_raises_others_go_on(background, kind):
    def leave():
        raise kind

    background.loop.call_soon_threadsafe(leave)
    assert background.submit(asyncio.sleep(0, "done")).result(5) == "done"


def test_a_loop_that_ended_is_started_anew(background):
    ended = background.submit(thread()).result(5)
    background.loop.call_soon_threadsafe(background.loop.stop)
    ended.join(5)
    assert background.running is None
    assert background.submit(thread()).result(5) is not ended
    assert background.running is not None


def test_a_loop_is_not_started_by_asking_for_it(background):
    assert background.running is None
    assert background.submit(asyncio.sleep(0, 1)).result(5) == 1
    background.stop()
    assert background.running is None
