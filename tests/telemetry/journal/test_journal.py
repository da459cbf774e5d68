import errno
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.journal import journal
from telemetry.journal.journal import Journal
from telemetry.journal.segments import MARK, RECORD, START, Segment, orphans
from telemetry.recorder.backlog import spooled_bytes

SMALL = 4096


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


def read_all(source, limit=10):
    records = []
    while batch := source.read(limit):
        records += batch.records
        source.advance(batch)
    return records


@given(records=st.lists(st.binary(min_size=1, max_size=900), max_size=40), limit=st.integers(1, 9))
def test_what_goes_in_comes_out_once_and_in_order(tmp_path_factory, records, limit):
    kept = Journal(tmp_path_factory.mktemp("spool"), segment_bytes=SMALL)
    assert all(kept.append(record) for record in records)
    assert kept.waiting == len(records)
    assert read_all(kept, limit) == records
    assert (kept.waiting, kept.read(limit)) == (0, None)
    kept.close()
    assert list(kept.folder.iterdir()) == []


def test_what_is_not_advanced_is_read_again(folder):
    kept = Journal(folder)
    kept.append(b"one")
    assert kept.read(5).records == kept.read(5).records == [b"one"]
    kept.close()


def test_nothing_is_lost_when_many_threads_append_while_one_reads(folder):
    kept = Journal(folder, segment_bytes=SMALL)

    def write(name):
        for number in range(500):
            assert kept.append(b"%d-%d" % (name, number))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    read = []
    while any(thread.is_alive() for thread in threads) or kept.waiting:
        read += read_all(kept)
    assert sorted(read) == sorted(b"%d-%d" % (name, number) for name in range(4) for number in range(500))
    kept.close()


def test_a_live_process_keeps_its_files_and_a_closed_one_leaves_them(folder):
    kept = Journal(folder)
    kept.append(b"one")
    kept.append(b"two")
    assert list(orphans(folder)) == []
    kept.advance(kept.read(1))
    kept.close()
    [left] = orphans(folder)
    assert [record for record, _ in left.records()] == [b"two"]
    assert list(orphans(folder)) == []  # claimed
    left.remove()
    assert list(folder.iterdir()) == []


def test_a_record_cut_off_by_a_kill_is_left_out(folder):
    kept = Journal(folder)
    kept.append(b"whole")
    segment = kept._segments[-1]
    # What a kill amid an append leaves behind: the record without its length before it.
    at = segment.write_at + RECORD.size
    segment.memory[at : at + 4] = b"half"
    kept.close()
    [left] = orphans(folder)
    assert [record for record, _ in left.records()] == [b"whole"]
    left.close()


def test_a_damaged_record_does_not_hide_those_behind_it(folder):
    kept = Journal(folder)
    for record in (b"one", b"two", b"three"):
        kept.append(record)
    kept._segments[-1].memory[START + RECORD.size] ^= 0xFF
    assert read_all(kept) == [b"two", b"three"]
    kept.close()


@pytest.mark.parametrize("content", [b"", b"short", b"x" * SMALL, MARK + b"\xff" * 500])
def test_a_file_that_is_no_journal_does_no_harm(folder, content):
    folder.mkdir()
    (folder / "strange.spans").write_bytes(content)
    assert [list(segment.records()) for segment in orphans(folder)] in ([], [[]])
    assert spooled_bytes(folder) == 0


def test_without_a_usable_disk_spans_wait_in_memory_up_to_a_bound(folder, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    monkeypatch.setattr(journal, "MAX_SEGMENTS_IN_MEMORY", 2)
    kept = Journal(folder, segment_bytes=SMALL)
    taken = [kept.append(b"x" * 1000) for _ in range(10)]
    assert taken == [True] * 8 + [False] * 2
    assert list(folder.iterdir()) == []
    assert len(read_all(kept)) == 8
    assert kept.append(b"there is room again")


@pytest.fixture
def disk(monkeypatch):
    """Takes files while it is free."""

    class Disk:
        free = False
        asked = 0

        def allocate(self, *args):
            self.asked += 1
            if not self.free:
                raise OSError(errno.ENOSPC, "No space left on device")

    disk, allocate = Disk(), os.posix_fallocate
    monkeypatch.setattr(os, "posix_fallocate", lambda *args: disk.allocate() or allocate(*args))
    return disk


def test_spans_wait_on_the_disk_again_once_it_takes_files_though_they_would_fit_in_memory(folder, disk):
    now = 100.0
    kept = Journal(folder, segment_bytes=SMALL, clock=lambda: now)
    assert kept.append(b"in memory")
    disk.free = True
    now += 1
    assert kept.append(b"on disk")
    assert kept.append(b"there too")
    assert [[record for record, _ in segment.records()] for segment in kept._segments] == [
        [b"in memory"],
        [b"on disk", b"there too"],
    ]
    assert kept.is_in_memory
    assert read_all(kept) == [b"in memory", b"on disk", b"there too"]
    assert (kept.waiting, kept.is_in_memory, len(kept._segments)) == (0, False, 1)
    kept.close()
    assert list(folder.iterdir()) == []


def test_what_came_after_the_disk_was_free_again_outlives_its_process(folder, disk):
    now = 100.0
    kept = Journal(folder, segment_bytes=SMALL, clock=lambda: now)
    kept.append(b"in memory")
    assert read_all(kept) == [b"in memory"]
    disk.free = True
    now += 1
    kept.append(b"on disk")
    kept.abandon()  # as a kill does, which lets go of all files
    [left] = orphans(folder)
    assert [record for record, _ in left.records()] == [b"on disk"]
    left.remove()


def test_a_full_disk_is_asked_once_in_a_second(folder, disk):
    now = 100.0
    kept = Journal(folder, segment_bytes=SMALL, clock=lambda: now)
    for asked in (1, 2, 3):
        for _ in range(5):
            assert kept.append(b"one")
        assert disk.asked == asked
        now += 1
    assert (len(kept._segments), list(folder.iterdir())) == (1, [])


def test_a_disk_that_takes_files_is_asked_only_when_one_is_full(folder, disk):
    now = 100.0
    disk.free = True
    kept = Journal(folder, segment_bytes=SMALL, clock=lambda: now)
    for _ in range(5):
        assert kept.append(b"one")
        now += 10
    assert disk.asked == 1
    kept.close()


def test_the_spool_is_bounded(folder):
    kept = Journal(folder, segment_bytes=SMALL, max_segments=2)
    assert [kept.append(b"x" * 2000) for _ in range(5)] == [True] * 4 + [False]
    assert spooled_bytes(folder) == 8000
    assert sum(file.stat().st_size for file in folder.iterdir()) == 2 * SMALL
    kept.close()


def test_a_record_larger_than_a_file_is_not_taken(folder):
    kept = Journal(folder, segment_bytes=SMALL)
    assert not kept.append(b"x" * SMALL)
    assert kept.append(b"small")
    kept.close()


def test_only_the_owner_may_read_what_waits(folder):
    kept = Journal(folder)
    kept.append(b"one")
    [file] = folder.iterdir()
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    kept.close()


def test_a_file_in_memory_reads_as_one_on_disk():
    segment = Segment.in_memory(SMALL)
    segment.append(b"one")
    assert [record for record, _ in segment.records()] == [b"one"]
    segment.close()
