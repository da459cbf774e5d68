import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import close_old_connections, connection

from telemetry.models import Recorder, Rollup, Span
from telemetry.rollups import rebuild
from telemetry.spans.rows import SpanRow
from telemetry.store import batches
from telemetry.store.batches import write_spans
from telemetry.store.signals import spans_stored
from telemetry.store.writer import QueueFull, StoreUnavailable, Writer, within_window
from tests.telemetry.builders import NOON, make_row

DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))


@pytest.fixture
def writer(transactional_db):
    writer = Writer(most_waiting=100)
    yield writer
    writer.close()


def in_threads(count, work):
    """Run *work* in *count* threads at once, each with a connection of its own; raises what one of them raised."""
    barrier, errors = threading.Barrier(count), []

    def run(number):
        try:
            barrier.wait()
            work(number)
        except Exception as error:
            errors.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_over_five_connections_in_any_order_counts_once():
    batch = [
        make_row(
            trace_id=uuid.UUID(int=number), tool=f"tool{number % 7}", outcome=("first_try", "timeout")[number % 2]
        )
        for number in range(1, 401)
    ]
    stored = []

    def send(number):
        mixed = batch[number * 80 :] + batch[: number * 80]
        stored.extend(write_spans(part) for part in (mixed[:200], mixed[200:], list(reversed(mixed))))

    in_threads(5, send)
    assert (sum(stored), Span.objects.count()) == (400, 400)
    assert Rollup.objects.at(60).tallies()[()].calls == 400
    assert rebuild.differences(*DAY) == []


def test_all_that_waits_goes_into_one_transaction(writer, monkeypatch):
    began, go_on, sizes = threading.Event(), threading.Event(), []

    def slow(rows):
        sizes.append(len(rows))
        began.set()
        go_on.wait(10)
        return batches.write_spans(rows)

    monkeypatch.setattr("telemetry.store.writer.write_spans", slow)
    first = writer.submit([make_row()])
    assert began.wait(10)
    others = [writer.submit([make_row(), make_row()]) for _ in range(10)]
    go_on.set()
    assert [answer.result(10) for answer in [first, *others]] == [0] * 11
    assert (sizes, Span.objects.count(), writer.waiting) == ([1, 20], 21, 0)


def test_a_row_that_cannot_be_stored_is_refused_alone(writer):
    bad = make_row(own_name="nul\x00")
    assert writer.submit([make_row(), bad, make_row()]).result(10) == 1
    assert Span.objects.count() == 2
    assert rebuild.differences(*DAY) == []


def test_a_failing_store_is_told_to_the_submitter_and_nothing_is_kept(writer, monkeypatch):
    def fails(rows):
        raise RuntimeError("no disk")

    monkeypatch.setattr("telemetry.store.writer.write_spans", fails)
    with pytest.raises(StoreUnavailable, match="no disk"):
        writer.submit([make_row()]).result(10)
    assert writer.waiting == 0


def test_more_than_may_wait_is_refused_at_once(writer, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr("telemetry.store.writer.write_spans", lambda rows: go_on.wait(10) and 0)
    first = writer.submit([make_row()] * 90)
    with pytest.raises(QueueFull):
        writer.submit([make_row()] * 11)
    unbounded = writer.submit([make_row()] * 11, bounded=False)
    go_on.set()
    assert [first.result(10), unbounded.result(10)] == [0, 0]


def test_the_news_is_sent_after_the_commit(writer):
    seen = []

    def look(sender, spans, **kwargs):
        seen.append((spans, Span.objects.count()))
        raise RuntimeError("a page that fails must not disturb the store")

    spans_stored.connect(look)
    try:
        row = make_row()
        assert writer.submit([row, make_row()]).result(10) == 0
        assert writer.submit([row]).result(10) == 0
    finally:
        spans_stored.disconnect(look)
    assert seen == [(2, 2)]


def test_a_writer_leaves_its_counts_behind(writer):
    writer.submit([make_row()]).result(10)
    writer.close()
    assert Recorder.objects.get().stored >= 1


def test_only_what_a_partition_may_hold_is_within_the_window(settings):
    settings.RETENTION_DAYS = 30
    now = datetime(2026, 5, 31, 12, tzinfo=UTC)
    moments = [
        datetime(2026, 4, 30, 23, 59, tzinfo=UTC),
        datetime(2026, 5, 1, tzinfo=UTC),
        now,
        now + timedelta(minutes=59),
        now + timedelta(minutes=61),
    ]
    rows: list[SpanRow] = [make_row(start_time=moment) for moment in moments]
    assert [row.start_time for row in within_window(rows, now)] == moments[1:4]


def test_a_connection_that_the_server_closed_is_made_anew_without_a_word(writer, monkeypatch):
    backends = []

    def noted(rows):
        stored = batches.write_spans(rows)
        backends.append(connection.connection.info.backend_pid)
        return stored

    monkeypatch.setattr("telemetry.store.writer.write_spans", noted)
    assert writer.submit([make_row()]).result(10) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backends[0]])
    assert writer.submit([make_row()]).result(10) == 0
    assert Span.objects.count() == 2
    assert backends[1] != backends[0]


def test_a_closed_writer_opens_again(writer):
    for _ in range(2):
        assert writer.submit([make_row()]).result(10) == 0
        writer.close()
    assert Span.objects.count() == 2


def test_a_submitter_that_goes_away_disturbs_nobody(writer, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(
        "telemetry.store.writer.write_spans", lambda rows: go_on.wait(10) and batches.write_spans(rows)
    )
    gone, others = writer.submit([make_row()]), [writer.submit([make_row()]) for _ in range(3)]
    gone.cancel()
    go_on.set()
    assert [answer.result(10) for answer in others] == [0, 0, 0]
    assert Span.objects.count() == 4
