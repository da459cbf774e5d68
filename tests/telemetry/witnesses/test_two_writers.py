"""Two real connections that store spans of one call at the same moment."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from telemetry.models import Span, Witness
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON
from tests.telemetry.witnesses.builders import (
    FAILED,
    client,
    copy_of,
    counted,
    nothing_differs,
    outer,
    server,
    step,
)

pytestmark = pytest.mark.django_db(transaction=True)
CALLS = 12


def writing(work):
    """*work* in a thread, with a connection of its own."""

    def run(*arguments):
        try:
            return work(*arguments)
        finally:
            connection.close()

    return run


def a_call(number):
    said = {"trace_id": uuid.UUID(int=number << 64 | number), "after_ms": number}
    return [outer(**said), client(**said), server(**said, **FAILED)]


@pytest.mark.parametrize("first", [0, 1, 2], ids=["the outer", "the client's", "the server's"])
@pytest.mark.parametrize("second", [0, 1, 2], ids=["the outer", "the client's", "the server's"])
def test_who_comes_second_waits_for_the_commit_of_the_first_and_sees_it(first, second):
    rows = a_call(7) if 1 in (first, second) else [outer(), client(), server(3, 1, **FAILED)]
    stored, go_on = Event(), Event()

    @writing
    def slow():
        with transaction.atomic():
            write_spans([copy_of(rows[first])])
            stored.set()
            go_on.wait(20)

    @writing
    def fast():
        stored.wait(20)
        write_spans([copy_of(rows[second])])

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.submit(slow), threads.submit(fast)
        stored.wait(20)
        # As long as nothing is committed, the other cannot have stored its half.
        waits = first != second
        assert not (waits and other.done())
        go_on.set()
        one.result(), other.result()
    assert sum(counted().values()) == 1
    assert nothing_differs()


def test_many_halves_in_two_orders_neither_deadlock_nor_count_twice():
    calls = [a_call(number) for number in range(1, CALLS + 1)]
    start = Barrier(3)

    @writing
    def write(part, order):
        start.wait(20)
        for at in range(0, CALLS, 4):
            write_spans([copy_of(call[part]) for call in calls[::order][at : at + 4]])

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(write, (0, 1, 2), (1, -1, 1)))
    assert counted() == {("explode", "returned_failure"): CALLS}
    assert (Span.objects.count(), Witness.objects.filter(counted=True).count()) == (3 * CALLS, CALLS)
    assert nothing_differs()


def test_two_parents_of_spans_that_are_stored_do_not_both_count():
    rows = [outer(1, None), outer(4, 2, after_ms=5, duration_ms=1.0)]
    write_spans([client()])
    start = Barrier(2)

    @writing
    def write(row):
        start.wait(20)
        write_spans([row])

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, rows))
    assert sum(counted().values()) == 1
    assert nothing_differs()


def test_two_steps_between_that_are_stored_at_once_do_not_miss_each_other():
    write_spans([client(2, None), server(3, 11, **FAILED)])
    start = Barrier(2)

    @writing
    def write(row):
        start.wait(20)
        write_spans([row])

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, [step(10, 2), step(11, 10)]))
    assert counted() == {("explode", "returned_failure"): 1}
    assert nothing_differs()


def test_writers_of_other_calls_do_not_wait():
    def rows(number):
        return [client(trace_id=uuid.UUID(int=number), tool="a")], [outer(trace_id=uuid.UUID(int=1 + number))]

    for warm in rows(10):  # words that are new are waited for
        write_spans(warm)
    held, free = rows(20)

    @writing
    def other():
        return write_spans(free, now=NOON + timedelta(seconds=9))

    with transaction.atomic():
        write_spans(held, now=NOON)
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(other).result(20) == 1
