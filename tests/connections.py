"""What keeps the tests' database from being dropped: connections that threads have left open."""

import gc
import threading
import time
import warnings
from typing import Any

import psycopg
from asgiref.sync import SyncToAsync

OTHERS = """
SELECT pid, application_name, state, left(query, 200) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def close_connections_of_other_threads() -> None:
    """Those of the thread that runs what asynchronous tests call, and of threads that have ended.

    A server gives a thread's connection back with each request; a test that calls a view, a consumer or a model
    by itself does not, and the pool cannot take back what lies in another thread.
    """
    from django.db import connections

    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    collect()  # a thread that has ended leaves its connection in a circle of references


def collect() -> None:
    """All garbage there is: ``gc.collect()`` does nothing, and does not say so, while another thread collects."""
    oldest, here, done = len(gc.get_stats()) - 1, threading.get_ident(), threading.Event()

    def heard(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == oldest and threading.get_ident() == here:
            done.set()

    gc.callbacks.append(heard)
    while not done.is_set():
        gc.collect()
        time.sleep(0.001)
    gc.callbacks.remove(heard)


def close_forgotten(only: int = 0) -> None:
    """At its end, what this process still has open: some lie where nobody reaches them, in a library's context.

    With *only*, that of one process of Postgres.
    """
    backends = {backend: said for backend, *said in others() if only in (0, backend)}
    for found in gc.get_objects():
        if issubclass(type(found), psycopg.Connection) and not found.closed and found.info.backend_pid in backends:
            warnings.warn(f"A connection was left open: {backends[found.info.backend_pid]}", stacklevel=2)
            found.close()


def others() -> list[Any]:
    """The connections to this thread's database that neither it nor its pool holds."""
    from django.db import connection

    connection.close()
    connection.close_pool()
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return list(cursor.fetchall())


def wait_until_alone(timeout_s: float = 30.0) -> None:
    """Until nobody else is connected: a server that was told to end may need a moment. Raises AssertionError."""
    deadline = time.monotonic() + timeout_s
    while found := others():
        assert time.monotonic() < deadline, f"These still use the tests' database: {found}"
        time.sleep(0.1)
