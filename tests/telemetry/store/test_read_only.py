"""A Postgres that answers and refuses every write, as after a failover or with a full disk."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.utils import timezone
from opentelemetry.sdk.trace import TracerProvider

from dashboard.operations.readiness import judge_ingest
from telemetry.health import recording as health
from telemetry.journal.journal import Journal
from telemetry.models import Recorder, Span
from telemetry.recorder.backlog import oldest_end
from telemetry.semconv import OUTCOME, TOOL_NAME
from telemetry.spans.finished import SpanFacts, pack
from telemetry.store.batches import write_spans
from telemetry.store.writer import StoreUnavailable, Writer
from telemetry.tracing.exporter import JournalProcessor
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@contextmanager
def read_only():
    """Every connection to the test's database is read-only, but the test's own."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        cursor.execute(OTHERS)
        try:
            yield
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            cursor.execute(OTHERS)
    # What was ended lies in the pool still, and in the thread of asynchronous tests: another test would get it.
    asyncio.run(sync_to_async(connections.close_all)())
    connection.close()
    connection.close_pool()


@pytest.fixture
def recording(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    processor = JournalProcessor(tmp_path, interval_s=0.02, batch=50)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    processor.start()
    yield processor, provider.get_tracer("tests")
    processor.shutdown()


def make(tracer, count):
    for _ in range(count):
        with tracer.start_as_current_span("execute_tool crm") as span:
            span.set_attributes({TOOL_NAME: "crm read only", OUTCOME: "first_try"})


def in_a_minute():
    return timezone.now() + timedelta(minutes=1)


def kept(end):
    moment = int(end.timestamp() * 1e9)
    return pack(SpanFacts(trace_id=1, span_id=1, name="x", start_ns=moment, end_ns=moment))


def test_spans_that_postgres_refuses_to_store_make_the_process_unready_until_they_are_stored(recording):
    processor, tracer = recording
    with read_only():
        make(tracer, 3)
        assert not processor.force_flush(300)
        told = health.recording(in_a_minute())
        assert told["oldest_unstored_span_age_s"] > 59
        assert judge_ingest(told)["ok"] is False
        assert "not stored" in judge_ingest(told)["detail"]
        assert judge_ingest(health.recording(timezone.now()))["ok"]  # nothing is late yet
    assert processor.force_flush(20_000)
    assert Span.objects.filter(series__tool="crm read only").count() == 3
    assert health.recording(in_a_minute())["oldest_unstored_span_age_s"] == 0


def test_an_idle_process_stays_ready_though_nothing_could_be_stored(recording):
    with read_only():
        told = health.recording(in_a_minute())
    assert (told["oldest_unstored_span_age_s"], judge_ingest(told)["ok"]) == (0, True)


def test_what_a_dead_process_left_on_disk_counts_though_nobody_reports_it(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    now = timezone.now()
    dead = Journal(tmp_path)
    for seconds in (500, 400):
        dead.append(kept(now - timedelta(seconds=seconds)))
    dead.close()
    with read_only():
        assert health.here()["oldest_unstored_span_age_s"] == pytest.approx(500, abs=5)
        assert not judge_ingest(health.recording(now))["ok"]


def test_what_waits_in_a_process_of_another_machine_counts_while_it_lives(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    now = timezone.now()
    seen = {"waiting": 5, "oldest_waiting_at": now - timedelta(seconds=90)}
    Recorder.objects.create(process="dead", seen_at=now - timedelta(seconds=20), **seen)
    assert health.recording(now)["oldest_unstored_span_age_s"] == 0
    Recorder.objects.create(process="alive", seen_at=now - timedelta(seconds=2), **seen)
    assert health.recording(now)["oldest_unstored_span_age_s"] == 90


def test_a_backlog_that_is_being_stored_grows_younger(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    now, journal, ages = timezone.now(), Journal(tmp_path), []
    for seconds in range(20, 0, -1):
        journal.append(kept(now - timedelta(seconds=seconds)))
    while batch := journal.read(6):
        ages.append(health.oldest_unstored_s(now))
        journal.advance(batch)
    assert ages == pytest.approx([20, 14, 8, 2], abs=0.01)
    assert oldest_end(tmp_path) is None
    journal.close()


def test_what_waits_in_memory_for_want_of_a_disk_counts_too(recording, monkeypatch):
    processor, tracer = recording

    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr("telemetry.journal.journal.Segment.create", full)
    with read_only():
        make(tracer, 3)
        assert not processor.force_flush(300)
        assert oldest_end(processor.journal.folder) is None
        assert health.recording(in_a_minute())["oldest_unstored_span_age_s"] > 59
    assert processor.force_flush(20_000)
    assert processor.oldest_end() is None


def test_a_writer_that_is_held_up_tells_since_when(monkeypatch):
    began, go_on = threading.Event(), threading.Event()
    monkeypatch.setattr("telemetry.store.writer.write_spans", lambda rows: began.set() or (go_on.wait(10) and 0))
    writer = Writer(most_waiting=100)
    assert writer.oldest_at is None
    answer = writer.submit([make_row()])
    assert began.wait(10)
    assert (timezone.now() - writer.oldest_at).total_seconds() < 10
    go_on.set()
    answer.result(10)
    assert writer.oldest_at is None
    writer.close()


def test_a_late_batch_of_another_sender_is_no_reason_to_be_unready(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    now = timezone.now()
    Recorder.objects.create(process="a", seen_at=now, stored=5, newest_end=now, lag_s=7 * 86_400)
    assert judge_ingest(health.recording(now))["ok"]


def test_a_file_that_is_no_journal_and_a_record_that_is_no_span_hide_nothing(settings, tmp_path):
    now = timezone.now()
    (tmp_path / "1-1.spans").write_bytes(b"something else")
    journal = Journal(tmp_path)
    journal.append(b"\xff not msgpack")
    journal.append(kept(now - timedelta(seconds=70)))
    assert (now - oldest_end(tmp_path)).total_seconds() == pytest.approx(70, abs=0.01)
    journal.close()


class Clock:
    """Seconds that pass only when the test says so."""

    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_a_minute_of_refusals_is_a_few_tries_however_many_ask(monkeypatch):
    tries, clock = [], Clock()

    def counted(rows):
        tries.append(clock.now_s)
        return write_spans(rows)

    monkeypatch.setattr("telemetry.store.writer.write_spans", counted)
    writer = Writer(most_waiting=1000, clock=clock)
    with read_only():
        for tenth in range(600):
            clock.now_s = tenth / 10
            with pytest.raises(StoreUnavailable):
                writer.submit([make_row()]).result(10)
    assert 5 <= len(tries) <= 20, tries
    assert max(later - earlier for earlier, later in pairwise(tries)) <= 10.1
    clock.now_s += 11
    assert writer.submit([make_row()]).result(10) == 0
    assert writer.submit([make_row()]).result(10) == 0
    writer.close()


def test_who_is_refused_is_told_how_long_nothing_is_tried(monkeypatch):
    clock = Clock()
    writer = Writer(most_waiting=1000, clock=clock)
    with read_only():
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as caught:
                writer.submit([make_row()]).result(10)
            assert 0.1 <= caught.value.wait_s <= 0.2
    writer.close()


def test_a_batch_that_meets_a_fault_of_ours_does_not_hold_up_the_others(monkeypatch):
    def fails_for_some(rows):
        if rows[0].own_name == "poison":
            raise KeyError("a fault of ours")
        return write_spans(rows)

    monkeypatch.setattr("telemetry.store.writer.write_spans", fails_for_some)
    writer = Writer(most_waiting=1000)
    with pytest.raises(StoreUnavailable):
        writer.submit([make_row(own_name="poison")]).result(10)
    assert writer.submit([make_row()]).result(10) == 0
    writer.close()
