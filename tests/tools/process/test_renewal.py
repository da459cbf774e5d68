"""What a process reads again every second, when two read it at once."""

import threading

import pytest

from tools.process.renewal import Renewed


class Counted(Renewed[int]):
    """Reads what *now* is; the first reading is held up between having read it and handing it over."""

    def __init__(self):
        super().__init__(0, "a number")
        self.now, self.held, self.go_on = 1, threading.Event(), threading.Event()

    def read(self):
        found, first = self.now, not self.held.is_set()
        if first:
            self.held.set()
            assert self.go_on.wait(10)
        return found


@pytest.fixture
def counted():
    counted = Counted()
    yield counted
    counted.go_on.set()


def test_a_reading_that_began_earlier_does_not_have_the_last_word(counted):
    slow = threading.Thread(target=counted.refresh)
    slow.start()
    assert counted.held.wait(10)
    counted.now = 2
    newer = threading.Thread(target=counted.refresh)
    newer.start()
    newer.join(0.2)  # it would be over by now if it waited for nobody
    counted.go_on.set()
    newer.join(10)
    slow.join(10)
    assert counted.snapshot == 2
