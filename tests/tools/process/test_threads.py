import subprocess
import sys
import threading
import time

import pytest

from tools.process.threads import ToolThreads


@pytest.fixture
def make_threads():
    made, go_on = [], threading.Event()

    def make(most, most_stuck=64):
        made.append(ToolThreads(most, most_stuck))
        return made[-1], go_on

    yield make
    go_on.set()
    for threads in made:
        threads.close()


def hang(threads, go_on):
    """A call that hangs, begun by a thread."""
    began = threading.Event()
    future = threads.submit(lambda: (began.set(), go_on.wait()))
    assert began.wait(5)
    return future


def test_a_call_answers_or_raises(make_threads):
    threads, _ = make_threads(1)
    assert threads.submit(lambda: 1).result(5) == 1
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 / 0).result(5)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
def test_what_would_mean_something_else_where_it_is_awaited_is_renamed(make_threads, kind):
    threads, _ = make_threads(1)

    def leave():
        raise kind

    with pytest.raises(RuntimeError, match=kind.__name__) as caught:
        threads.submit(leave).result(5)
    assert isinstance(caught.value.__cause__, kind)
    assert threads.submit(lambda: 1).result(5) == 1


def test_no_more_run_at_once_than_there_are_threads(make_threads):
    threads, go_on = make_threads(2)
    for _ in range(2):
        hang(threads, go_on)
    third = threads.submit(lambda: 3)
    assert (third.running(), threads.waiting) == (False, 1)
    go_on.set()
    assert third.result(5) == 3


def test_a_thread_that_is_given_up_is_made_up_for(make_threads):
    threads, go_on = make_threads(1)
    stuck = hang(threads, go_on)
    waiting = threads.submit(lambda: 2)
    assert threads.abandon(stuck)
    assert waiting.result(5) == 2
    assert threads.stuck == 1


def test_only_so_many_are_made_up_for(make_threads):
    threads, go_on = make_threads(1, most_stuck=1)
    for _ in range(2):
        threads.abandon(hang(threads, go_on))
    third = threads.submit(lambda: 3)
    go_on.set()
    assert third.result(5) == 3


def test_a_thread_that_comes_back_is_no_longer_stuck_and_one_too_many_ends(make_threads):
    threads, go_on = make_threads(1)
    threads.abandon(hang(threads, go_on))
    assert threads.submit(lambda: 2).result(5) == 2
    assert (threads.stuck, threads.alive) == (1, 2)
    go_on.set()
    ends_at = time.monotonic() + 5
    while (threads.stuck, threads.alive) != (0, 1) and time.monotonic() < ends_at:
        time.sleep(0.001)
    assert (threads.stuck, threads.alive) == (0, 1)


def test_a_call_that_is_given_up_before_it_began_never_does(make_threads):
    threads, go_on = make_threads(1)
    hang(threads, go_on)
    waiting = threads.submit(lambda: 2)
    assert not threads.abandon(waiting)
    assert waiting.cancelled()
    assert threads.stuck == 0


def test_nothing_is_taken_when_closed(make_threads):
    threads, _ = make_threads(1)
    threads.close()
    with pytest.raises(RuntimeError, match="closed"):
        threads.submit(lambda: 1)


EXIT = "import time; from tools.process.threads import ToolThreads; ToolThreads().submit(lambda: time.sleep(60))"


def test_a_call_that_hangs_does_not_keep_the_process_from_ending():
    assert subprocess.run([sys.executable, "-c", EXIT], timeout=30, check=False).returncode == 0
