"""Journals of processes at work, read by another one."""

import pytest

from telemetry.journal.journal import Journal
from telemetry.journal.segments import RECORD, Segment
from telemetry.recorder.journal_reader import ORPHANS_EVERY_S, JournalReader
from telemetry.store.unavailable import StoreUnavailable

SMALL = 4096


class Store:
    """Takes records, unless it is away."""

    def __init__(self):
        self.stored, self.batches, self.away = [], [], False

    def __call__(self, records):
        if self.away:
            raise StoreUnavailable("away")
        self.stored += records
        self.batches.append(len(records))


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def spool(tmp_path, store, clock):
    spool = JournalReader(tmp_path, store, interval_s=0.2, batch=10, clock=clock)
    yield spool
    spool.close()


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path, segment_bytes=SMALL)
    yield journal
    journal.close()


def test_what_a_process_writes_is_stored_while_it_goes_on(spool, store, journal):
    for number in range(3):
        for name in "abc":
            assert journal.append(f"{name}{number}".encode())
        spool.follow()
    assert store.stored == [f"{name}{number}".encode() for number in range(3) for name in "abc"]
    assert journal.waiting == 9
    journal.catch_up()
    assert (journal.waiting, journal.advanced, journal.read(9)) == (0, 9, None)


def test_many_processes_share_a_batch(spool, store, tmp_path):
    journals = [Journal(tmp_path, segment_bytes=SMALL) for _ in range(3)]
    for number, journal in enumerate(journals):
        for _ in range(number + 2):
            journal.append(b"%d" % number)
    spool.follow()
    assert (sorted(store.stored), store.batches) == ([b"0"] * 2 + [b"1"] * 3 + [b"2"] * 4, [9])
    for journal in journals:
        journal.catch_up()
        assert journal.waiting == 0
        journal.close()


def test_files_that_are_full_are_let_go_of_by_their_process(spool, store, journal, tmp_path):
    for number in range(20):
        journal.append(b"%d" % number + b"." * 1000)
    assert len(list(tmp_path.iterdir())) > 4
    spool.follow()
    assert len(store.stored) == 20
    journal.catch_up()
    assert len(list(tmp_path.iterdir())) == 1
    journal.append(b"next")
    spool.follow()
    assert store.stored[-1] == b"next"
    journal.catch_up()
    assert journal.waiting == 0


def test_a_record_that_is_not_whole_yet_is_waited_for(spool, store, journal):
    journal.append(b"first")
    segment = journal._segments[0]
    at = segment.write_at
    journal.append(b"second")
    whole = bytes(segment.memory[at : at + RECORD.size])
    for part in (b"\0" * RECORD.size, whole[:4] + b"\0" * 4, whole[:1] + b"\xff" * 7):
        segment.memory[at : at + RECORD.size] = part
        spool.follow()
        assert store.stored == [b"first"]
    segment.memory[at : at + RECORD.size] = whole
    spool.follow()
    assert store.stored == [b"first", b"second"]


def test_what_the_store_does_not_take_is_kept_counted_and_stored_later(spool, store, journal, clock):
    for number in range(25):
        journal.append(b"%d" % number)
    store.away = True
    spool.follow()
    assert (store.stored, spool.waiting) == ([], 25)
    assert 0 < spool.backoff.wait_s <= 0.2
    journal.catch_up()
    assert journal.waiting == 25
    store.away = False
    clock.now += 1
    spool.follow()
    assert (len(store.stored), spool.waiting, spool.backoff.wait_s) == (25, 0, 0)


def test_what_an_ended_process_left_is_stored_and_removed(spool, store, journal, tmp_path, clock):
    journal.append(b"seen")
    spool.follow()
    journal.append(b"left")
    journal.close()
    clock.now += ORPHANS_EVERY_S
    spool.follow()
    spool.follow()
    assert (store.stored, list(tmp_path.iterdir())) == ([b"seen", b"left"], [])


def test_a_process_that_stores_for_itself_meanwhile_does_not_set_it_back(spool, store, journal):
    for number in range(4):
        journal.append(b"%d" % number)
    batch = journal.read(2)
    spool.follow()
    journal.advance(batch)  # later than the recorder, and of less
    journal.catch_up()
    assert journal.waiting == 0
    journal.append(b"4")
    spool.follow()
    assert store.stored == [b"0", b"1", b"2", b"3", b"4"]


def test_what_is_no_journal_is_left_alone(spool, store, tmp_path):
    for name, content in (("1-1.spans", b""), ("2-2.spans", b"SBSPAN"), ("3-3.spans", b"x" * SMALL)):
        (tmp_path / name).write_bytes(content)
        assert Segment.follow(tmp_path / name) is None
    spool.follow()
    assert store.stored == [] and len(list(tmp_path.iterdir())) == 3
