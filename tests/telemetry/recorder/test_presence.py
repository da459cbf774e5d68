"""Who is the recorder, and who has to store for itself."""

import subprocess
import sys
from contextlib import ExitStack

import pytest

from telemetry.recorder.presence import AWAY_S, LOCK, LOOK_EVERY_S, Presence, held, is_held

HOLD = """
import sys
from pathlib import Path
from telemetry.recorder.presence import held
with held(Path(sys.argv[1]), lambda: False) as taken:
    print(taken, flush=True)
    sys.stdin.read()
"""


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def pass_s(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def another(tmp_path):
    """A process that is the recorder; at the end of its input it ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.communicate()


def never():
    pytest.fail("nobody else is there")


def test_where_there_never_was_one_a_process_is_alone_at_once(tmp_path, clock):
    presence = Presence(tmp_path / "spool", clock)
    assert (presence.here, presence.alone) == (False, True)


def test_who_looks_is_not_taken_for_one(tmp_path, clock):
    (tmp_path / LOCK).touch()
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context((tmp_path / LOCK).open())
        assert not is_held(tmp_path / LOCK)


def test_one_that_begins_and_ends_in_good_order_is_seen_at_the_next_look(tmp_path, clock):
    presence = Presence(tmp_path, clock)
    with held(tmp_path, never) as taken:
        assert taken and presence.here and not presence.alone
    assert presence.here  # by the last look
    clock.pass_s(LOOK_EVERY_S)
    assert (presence.here, presence.alone) == (False, True)


def test_one_that_was_killed_is_waited_for(tmp_path, clock, another):
    presence = Presence(tmp_path, clock)
    assert presence.here
    another.kill()
    another.wait()
    clock.pass_s(AWAY_S - 0.1)
    assert (presence.here, presence.alone) == (False, False)
    clock.pass_s(0.2)
    assert (presence.here, presence.alone) == (False, True)
    with held(tmp_path, never):
        clock.pass_s(LOOK_EVERY_S)
        assert (presence.here, presence.alone) == (True, False)


def test_a_process_that_begins_while_it_is_away_waits_for_it_as_well(tmp_path, clock, another):
    another.kill()
    another.wait()
    presence = Presence(tmp_path, clock)
    assert not presence.alone
    clock.pass_s(AWAY_S)
    assert presence.alone


def test_of_two_by_mistake_one_waits_until_the_other_has_ended(tmp_path, another):
    tries = []

    def wait():
        tries.append(1)
        if len(tries) == 3:
            another.communicate()  # ends in good order, and removes the file that we have tried to lock
        return True

    with held(tmp_path, wait) as taken:
        assert taken and len(tries) >= 3 and is_held(tmp_path / LOCK)
    assert not (tmp_path / LOCK).exists()


def test_one_that_is_no_longer_wanted_gives_up_waiting(tmp_path, another):
    with held(tmp_path, lambda: False) as taken:
        assert not taken
    assert is_held(tmp_path / LOCK)


def test_the_file_of_another_recorder_stays_when_one_ends(tmp_path):
    with held(tmp_path, lambda: False):
        (tmp_path / LOCK).unlink()  # somebody tidied up
        (tmp_path / LOCK).touch()  # and another recorder began
    assert (tmp_path / LOCK).exists()
