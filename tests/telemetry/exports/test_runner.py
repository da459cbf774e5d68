"""One export from its beginning to its end, whatever happens in between."""

import gzip
from datetime import timedelta

import pytest

from telemetry.exports import control, files, limits
from telemetry.exports.chunks import Unreadable
from telemetry.exports.models import Export, State
from tests.telemetry.exports.conftest import NOON

pytestmark = pytest.mark.django_db


def lines(export):
    return gzip.decompress(files.final(export).read_bytes()).count(b"\n")


def test_an_export_is_written_and_kept_for_a_day(make_export, run, folder):
    make_export()
    run(3, 2)
    export = Export.objects.get()
    assert (export.state, export.rows_done, export.note) == (State.DONE, 5, "")
    assert export.expires_at == NOON + timedelta(hours=24)
    assert lines(export) == 6 and export.bytes == files.final(export).stat().st_size
    assert [file.name for file in folder.iterdir()] == [f"{export.pk.hex}.csv.gz"]


def test_the_one_that_waited_longest_is_first_and_one_runs_at_a_time(make_export, run):
    second, first = make_export(created_at=NOON), make_export(created_at=NOON - timedelta(minutes=1))
    assert control.take(NOON).pk == first.pk
    assert control.take(NOON) is None
    Export.objects.filter(pk=first.pk).update(state=State.CANCELLED)
    assert run(1).pk == second.pk


def test_its_progress_can_be_read_while_it_runs(make_export, run):
    make_export()
    seen = []
    run(10, 10, between=lambda: seen.append(Export.objects.get()))
    assert [(export.rows_done, export.share, export.rows_estimated) for export in seen] == [
        (10, 0.25, 40),
        (20, 0.5, 40),
    ]
    assert all(export.state == State.RUNNING for export in seen)


def test_a_cancelled_export_stops_after_its_chunk_and_leaves_no_file(make_export, run, folder):
    export = make_export()
    run(1, 1, 1, between=lambda: control.cancel(export, NOON))
    export.refresh_from_db()
    assert (export.state, export.rows_done) == (State.CANCELLED, 1)
    assert list(folder.iterdir()) == []


def test_one_that_waits_is_cancelled_at_once(make_export, run):
    assert control.cancel(make_export(), NOON)
    assert run(1) is None


def test_at_a_limit_the_file_ends_and_the_row_says_so(make_export, run, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ROWS", 4)
    make_export()
    run(4, 4)
    export = Export.objects.get()
    assert (export.state, export.rows_done) == (State.DONE, 4)
    assert export.note.startswith("Cut at 4 rows") and lines(export) == 5


def test_a_file_has_a_largest_size():
    assert limits.reached(1, limits.MAX_BYTES, 1 << 40).startswith("Cut at 1,000 MB")
    assert limits.reached(1, limits.MAX_BYTES - 1, 1 << 40) == ""


def test_the_disk_is_never_filled(make_export, run, monkeypatch):
    monkeypatch.setattr(files, "free_bytes", lambda: limits.LEFT_FREE_BYTES - 1)
    make_export()
    run(1, 1)
    assert "disk is nearly full" in Export.objects.get().note


@pytest.mark.parametrize("error", [Unreadable("it took too long"), OSError("no space left")])
def test_what_goes_wrong_is_told_and_leaves_no_file(make_export, run, folder, error):
    def fail():
        raise error

    make_export()
    run(1, 1, between=fail)
    export = Export.objects.get()
    assert (export.state, export.note) == (State.FAILED, str(error))
    assert list(folder.iterdir()) == []


def test_it_rests_for_as_long_as_a_chunk_took_to_read(make_export, run):
    moments, rests = iter([0.0, 0.3, 1.0, 41.0, 50.0]), []
    make_export()
    run(1, 1, clock=lambda: next(moments), sleep=rests.append)
    assert rests == [0.3, 5.0]


def test_a_silent_export_begins_again_and_its_first_worker_can_do_no_harm(make_export, run, folder):
    export = make_export()
    late = control.take(NOON)
    assert control.recover(NOON + timedelta(seconds=59)) == 0
    assert control.recover(NOON + timedelta(seconds=61)) == 1
    assert run(2, now=NOON + timedelta(seconds=62)).attempt == 2
    assert not control.go_on(late, NOON) and not control.end(late, State.FAILED, NOON)
    export.refresh_from_db()
    assert (export.state, export.rows_done) == (State.DONE, 2)


def test_an_export_that_kills_its_worker_is_given_up(make_export):
    make_export(state=State.RUNNING, attempt=limits.MAX_ATTEMPTS, heartbeat_at=NOON)
    assert control.recover(NOON + timedelta(minutes=2)) == 1
    export = Export.objects.get()
    assert export.state == State.FAILED and "ended 3 times" in export.note


def test_a_lost_message_is_made_up_for_but_not_while_one_runs(make_export, no_messages):
    make_export()
    assert control.call_due(NOON) and no_messages[0]["queue"] == "exports"
    make_export(state=State.RUNNING, heartbeat_at=NOON)
    assert not control.call_due(NOON)


def test_a_file_goes_when_its_time_is_over_and_strange_files_go_with_it(make_export, run, folder):
    kept, _ = make_export(), run(1)
    gone = make_export(state=State.DONE, expires_at=NOON)
    (folder / f"{gone.pk.hex}.csv.gz").write_text("old")
    (folder / "whatever").write_text("strange")
    assert control.clean_up(NOON + timedelta(minutes=1)) == 2
    assert [file.name for file in folder.iterdir()] == [f"{kept.pk.hex}.csv.gz"]
    assert set(Export.objects.values_list("state", flat=True)) == {State.DONE, State.EXPIRED}


def test_what_is_long_over_is_forgotten(make_export, folder):
    make_export(state=State.EXPIRED, finished_at=NOON - timedelta(days=8))
    control.clean_up(NOON)
    assert not Export.objects.exists()


def test_a_file_can_be_deleted_before_its_time(make_export, run):
    export, _ = make_export(), run(1)
    export.refresh_from_db()
    assert control.discard(export, NOON) and not files.final(export).exists()
    assert not control.discard(export, NOON)


def test_nobody_queues_up_more_than_a_few(make_export, ana):
    waiting = [make_export() for _ in range(limits.MAX_OPEN)]
    with pytest.raises(control.TooMany, match="5 of your exports"):
        control.submit(Export(format="csv", start=NOON, end=NOON), ana, NOON)
    control.cancel(waiting[0], NOON)
    control.submit(Export(format="csv", start=NOON - timedelta(hours=1), end=NOON), ana, NOON)
