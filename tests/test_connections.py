"""At the end of the tests nobody holds a connection to their database."""

import asyncio
import gc
import threading
import weakref

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from tests.connections import (
    close_connections_of_other_threads,
    close_forgotten,
    collect,
    others,
    wait_until_alone,
)
from tests.live import a_browser, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def backend():
    """The process of Postgres behind this thread's connection, which stays open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def asked_by_an_asynchronous_test():
    return asyncio.run(sync_to_async(backend)())


def asked_by_a_loop_that_has_ended():
    return asyncio.run(sync_to_async(backend, thread_sensitive=False)())


def asked_by_a_thread_that_has_ended():
    found = []
    thread = threading.Thread(target=lambda: found.append(backend()))
    thread.start()
    thread.join()
    return found[0]


def asked_while_a_browser_ran():
    with a_browser():
        return backend()


def holders():
    return [holder[0] for holder in others()]


def has_ended(pid):
    """By what is done at the end of all tests: a library's context may hold it, by what else ran in here."""
    collect()
    close_forgotten(only=pid)
    return pid not in holders()


@pytest.mark.parametrize(
    "asked",
    [
        asked_by_an_asynchronous_test,
        asked_by_a_loop_that_has_ended,
        asked_by_a_thread_that_has_ended,
        pytest.param(asked_while_a_browser_ran, marks=pytest.mark.browser),
    ],
)
def test_nobody_keeps_a_connection(asked, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # as the browser fixture does
    pid = asked()
    close_connections_of_other_threads()
    wait_for(lambda: has_ended(pid), 30, "its end")


def test_who_still_holds_one_is_named():
    held, done = threading.Event(), threading.Event()

    def hold():
        backend()
        held.set()
        done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    with pytest.raises(AssertionError, match=r"still use the tests' database: .*SELECT pg_backend_pid"):
        wait_until_alone(0)
    done.set()
    thread.join()


def test_what_nobody_reaches_is_closed_at_the_end():
    kept = []
    thread = threading.Thread(target=lambda: kept.extend([backend(), connection.connection]))
    thread.start()
    thread.join()
    pid = kept[0]
    close_connections_of_other_threads()
    assert pid in holders()
    with pytest.warns(UserWarning, match=r"was left open: .*pg_backend_pid"):
        close_forgotten()
    wait_for(lambda: has_ended(pid), 30, "its end")


def test_ones_own_connection_stays():
    mine = backend()
    close_connections_of_other_threads()
    assert backend() == mine


class SlowToDie:
    """In a circle with itself, as a connection is, it ends when it is collected, which goes on for a while."""

    def __init__(self, begun, go_on):
        self.me, self.begun, self.go_on = self, begun, go_on

    def __del__(self):
        self.begun.set()
        self.go_on.wait(20)


def test_garbage_is_collected_though_another_thread_collects():
    begun, go_on = threading.Event(), threading.Event()

    def other():
        SlowToDie(begun, go_on)
        gc.collect()

    thread = threading.Thread(target=other)
    thread.start()
    begun.wait(20)
    garbage = weakref.ref(SlowToDie(threading.Event(), go_on))
    threading.Timer(0.1, go_on.set).start()
    collect()
    thread.join()
    assert garbage() is None
