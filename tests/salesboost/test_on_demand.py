"""A program that is started by the first who connects, and again whenever it has ended and somebody asks."""

import os
import signal
import socket
import sys
import time

import pytest

from salesboost.children import Child
from salesboost.on_demand import OnDemand
from salesboost.services import wait_until

# Answers each connection with its own number as a process; the second word of the command line says how it ends.
ANSWERS = """
import os, socket, sys
listens = socket.socket(fileno=int(sys.argv[1]))
if sys.argv[2] == "fails":
    sys.exit(1)
while True:
    connection, _ = listens.accept()
    connection.sendall(str(os.getpid()).encode())
    connection.close()
    if sys.argv[2] == "ends":
        sys.exit(0)
"""


@pytest.fixture
def program(tmp_path):
    made = []

    def make(how):
        listens = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listens.bind(str(tmp_path / "socket"))
        listens.listen()
        number = listens.fileno()
        child = Child(
            "program",
            lambda: [sys.executable, "-c", ANSWERS, str(number), how],
            tmp_path / "log",
            dict(os.environ),
            fds=(number,),
        )
        made.append(OnDemand(child, listens))
        return made[0]

    yield make
    for each in made:
        each.child.sweep()
        each.listens.close()


def asked(program):
    """A connection that waits for an answer."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(20)
    connection.connect(program.listens.getsockname())
    return connection


def test_nothing_runs_until_somebody_asks(program):
    offered = program("stays")
    offered.start_if_asked(0.0)
    assert offered.child.process is None


def test_who_asks_first_is_answered_once_it_is_there_and_so_are_others(program):
    offered = program("stays")
    first, second = asked(offered), asked(offered)
    offered.start_if_asked(time.monotonic())
    answers = {first.recv(99), second.recv(99)}
    offered.start_if_asked(time.monotonic())
    assert answers == {str(offered.child.process.pid).encode()}


def test_one_that_ended_is_started_by_the_next_who_asks(program):
    offered = program("ends")
    connection = asked(offered)
    offered.start_if_asked(time.monotonic())
    first = connection.recv(99)
    offered.child.process.wait(20)
    offered.start_if_asked(time.monotonic())
    assert not offered.child.alive
    again = asked(offered)
    assert wait_until(lambda: offered.start_if_asked(time.monotonic()) or offered.child.alive, 20)
    assert again.recv(99) not in (b"", first)


def test_one_that_was_killed_answers_who_asks_next(program):
    offered = program("stays")
    connection = asked(offered)
    offered.start_if_asked(time.monotonic())
    first = connection.recv(99)
    offered.child.process.send_signal(signal.SIGKILL)
    offered.child.process.wait(20)
    again = asked(offered)
    assert wait_until(lambda: offered.start_if_asked(time.monotonic()) or offered.child.alive, 20)
    assert again.recv(99) not in (b"", first)


def test_where_it_fails_who_waits_is_sent_away_and_nothing_is_started_for_nobody(program):
    offered = program("fails")
    connection = asked(offered)
    offered.start_if_asked(time.monotonic())
    offered.child.process.wait(20)
    offered.start_if_asked(time.monotonic())
    assert connection.recv(99) == b""
    offered.start_if_asked(time.monotonic() + 99)
    assert not offered.child.alive
