"""What waits to be forwarded."""

import threading

import pytest

from telemetry.forward.queue import ForwardQueue, trim
from telemetry.journal.segments import orphans

SEGMENT = 4096
RECORD = b"x" * 1000  # four fit into a file


@pytest.fixture
def queue(tmp_path):
    made = ForwardQueue(tmp_path, max_segments=2, segment_bytes=SEGMENT)
    yield made
    made.close()


def numbered(number):
    return f"{number:04}".encode() * 250


def read_all(queue):
    found = []
    while batch := queue.read(100):
        found += [int(record[:4]) for record in batch.records]
        queue.advance(batch)
    return found


def test_what_is_added_is_read_in_order(queue):
    assert [queue.add(numbered(number)) for number in range(5)] == [0] * 5
    assert read_all(queue) == [0, 1, 2, 3, 4]
    assert queue.waiting == 0


def test_a_full_queue_gives_up_its_oldest_and_says_how_many(queue):
    lost = sum(queue.add(numbered(number)) for number in range(20))
    kept = read_all(queue)
    assert kept == list(range(20))[lost:]
    assert 0 < lost < 20 and kept[-1] == 19


def test_a_record_that_fits_nowhere_is_the_one_that_goes(queue):
    queue.add(numbered(1))
    assert queue.add(b"x" * SEGMENT) == 1
    assert read_all(queue) == [1]


def test_a_batch_given_up_while_it_is_sent_does_no_harm(queue):
    for number in range(8):
        queue.add(numbered(number))
    batch = queue.read(100)
    lost = sum(queue.add(numbered(number)) for number in range(8, 12))
    queue.advance(batch)
    assert lost == len(batch.records)
    assert read_all(queue) == list(range(lost, 12))
    assert queue.waiting == 0


def test_threads_that_add_while_one_reads_lose_nothing(tmp_path):
    queue = ForwardQueue(tmp_path, max_segments=50, segment_bytes=SEGMENT)
    threads = [
        threading.Thread(target=lambda start=start: [queue.add(numbered(start + n)) for n in range(20)])
        for start in (0, 100, 200)
    ]
    for thread in threads:
        thread.start()
    found = read_all(queue)
    for thread in threads:
        thread.join()
    found += read_all(queue)
    assert sorted(found) == [start + n for start in (0, 100, 200) for n in range(20)]
    queue.close()


def test_files_of_dead_processes_are_bounded_and_those_of_living_ones_kept(tmp_path):
    for number in range(3):
        dead = ForwardQueue(tmp_path, segment_bytes=SEGMENT)
        dead.add(numbered(number))
        dead.close()
    alive = ForwardQueue(tmp_path, segment_bytes=SEGMENT)
    alive.add(RECORD)
    assert trim(tmp_path, most=2) == 2
    left = list(orphans(tmp_path))
    assert [int(record[:4]) for segment in left for record, _ in segment.records()] == [2]
    for segment in left:
        segment.close()
    assert (trim(tmp_path, most=0), alive.waiting) == (1, 1)
    alive.close()
