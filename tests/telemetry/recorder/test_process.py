"""A real recorder beside real processes; whatever is killed, every span is stored, and once."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from telemetry.recorder.presence import LOCK
from tests.bench.otlp import CLIENT, head
from tests.live import Daphne, wait_for
from tests.scale.conftest import MAKE_KEY, counted, exactly, manage
from tests.scale.sending import HEADERS, KEY, body, send
from tests.telemetry.otlp_bodies import TRACE_ID, a_body
from tests.telemetry.processes import own_postgres, recorder, span_maker

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("recorder")]
SPANS, REQUESTS = 200, 150
TABLES = ("span", "span_payload", "rollup", "tool_rollup", "ended", "recorder")


@pytest.fixture(scope="module")
def postgres():
    with own_postgres() as own:
        manage(own.service.url, "shell", "--no-imports", "-c", MAKE_KEY)
        yield own


@pytest.fixture(autouse=True)
def empty(postgres):
    with psycopg.connect(postgres.service.url) as connection:
        connection.execute("TRUNCATE " + ", ".join(f"telemetry_{table}" for table in TABLES))


@pytest.fixture
def url(postgres):
    return postgres.service.url


@contextmanager
def a_daphne(url, folder):
    server = Daphne(
        "salesboost", folder / "daphne.log", environment={"DATABASE_URL": url, "DATA_DIR": str(folder / "data")}
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


def numbers(*bounds):
    return [str(number) for number in range(*bounds)]


def a_burst(server, folder):
    """A process that sends REQUESTS bodies of SPANS spans by eight connections; says how each was answered."""
    host, template, file = urlsplit(server.url), a_body(SPANS), folder / "requests"
    with file.open("wb") as packed:
        for number in range(1, REQUESTS + 1):
            sent = template.replace(TRACE_ID, number.to_bytes(16, "big"))
            request = head(host.netloc, KEY, len(sent)) + sent
            packed.write(len(request).to_bytes(4, "big") + request)
    command = [sys.executable, str(CLIENT), host.hostname, str(host.port), "8", str(file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def stored_some(url, count=1):
    wait_for(lambda: counted(url)["spans"] >= count, 60, "the first spans being stored")


def test_what_processes_record_is_stored_by_the_recorder_alone(postgres, url, tmp_path):
    with recorder(url, tmp_path) as records:
        with span_maker(url, tmp_path) as one, span_maker(url, tmp_path) as two:
            assert one.tell("make 0 300") == two.tell("make 300 600") == "made"
            assert one.tell("flush 20") == two.tell("flush 20") == "True"
            assert postgres.stored() == numbers(600)
            assert one.tell("make 600 700") == "made"
            assert one.tell("fork 700 800") == "0"
        wait_for(lambda: postgres.stored() == numbers(800), 20, "what ended processes left")
        wait_for(lambda: postgres.storing() == {records.pid}, 5, "the recorder's row, and no other")
    assert postgres.rolled_up() == 800
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_recorder_killed_amid_its_work_loses_and_doubles_nothing(postgres, url, tmp_path):
    with span_maker(url, tmp_path) as maker:
        for kill in range(3):
            with recorder(url, tmp_path) as records:
                assert maker.tell(f"make {kill * 1000} {kill * 1000 + 1000}") == "made"
                stored_some(url, kill * 1000 + 1)
                records.kill()
                records.wait()
            assert (tmp_path / "spool" / LOCK).exists()
        with recorder(url, tmp_path):
            assert maker.tell("flush 30") == "True"
    assert postgres.stored() == numbers(3000)
    assert postgres.rolled_up() == 3000


def test_a_process_stores_for_itself_where_the_recorder_has_ended(postgres, url, tmp_path):
    with span_maker(url, tmp_path) as maker:
        with recorder(url, tmp_path):
            assert maker.tell("make 0 50") == "made"
            assert maker.tell("flush 20") == "True"
        assert maker.tell("make 50 100") == "made"
        assert maker.tell("flush 20") == "True"
        wait_for(lambda: maker.process.pid in postgres.storing(), 5, "its own row")
    assert postgres.stored() == numbers(100)


def test_a_short_script_beside_a_recorder_that_died_stores_at_its_end(postgres, url, tmp_path):
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / LOCK).touch()
    with span_maker(url, tmp_path) as maker:
        assert maker.tell("make 0 20") == "made"
    assert postgres.stored() == numbers(20)


def test_of_two_recorders_by_mistake_one_waits_and_takes_over(postgres, url, tmp_path):
    with (
        span_maker(url, tmp_path) as maker,
        recorder(url, tmp_path) as first,
        recorder(url, tmp_path, wait=False) as second,
    ):
        assert second.stdout.readline() == "Another process records here; this one waits for its end.\n"
        assert maker.tell("make 0 100") == "made"
        assert maker.tell("flush 20") == "True"
        wait_for(lambda: postgres.storing() == {first.pid}, 5, "the row of the first")
        first.kill()
        assert second.stdout.readline() == "Recording.\n"
        assert maker.tell("make 100 200") == "made"
        assert maker.tell("flush 20") == "True"
        wait_for(lambda: postgres.storing() == {first.pid, second.pid}, 5, "both rows")
    assert postgres.stored() == numbers(200)


def test_of_a_burst_nothing_answered_is_lost_when_the_recorder_is_killed(url, tmp_path):
    with a_daphne(url, tmp_path) as server:
        with recorder(url, tmp_path / "data") as dies:
            burst = a_burst(server, tmp_path)
            stored_some(url, 5 * SPANS)
            dies.kill()
            dies.wait()
        with recorder(url, tmp_path / "data"):
            said = json.loads(burst.communicate(timeout=100)[0])["statuses"]
        assert set(said) <= {"200", "503, again after 1 s"} and sum(said.values()) == REQUESTS
        assert said["200"] > 5
        assert server.running
    found = counted(url)
    assert found["spans"] == found["rolled up"] and found["different"] == found["spans"] // SPANS
    # What was refused may be stored: its recorder died between the commit and the answer.
    assert said["200"] <= found["different"] <= said["200"] + 8


def test_a_web_process_killed_with_bodies_handed_over_loses_nothing_answered(url, tmp_path):
    batch = body(range(100))
    with recorder(url, tmp_path / "data"), a_daphne(url, tmp_path) as server:
        send(server.url, batch)
        burst = a_burst(server, tmp_path)
        stored_some(url, 5 * SPANS)
        server.process.kill()
        server.process.wait()
        burst.kill()
        burst.communicate()
        server.start()
        # The recorder has lost nobody's connection but that of the dead.
        send(server.url, body(range(100, 200)))
        send(server.url, batch)
    found = counted(url)
    assert found["spans"] == found["rolled up"]
    assert (found["spans"] - 200) % SPANS == 0


def test_bodies_are_stored_by_the_recorder_and_its_end_is_orderly(postgres, url, tmp_path):
    with recorder(url, tmp_path / "data") as records, a_daphne(url, tmp_path) as server:
        answer = httpx.post(f"{server.url}/v1/traces", content=body(range(100)), headers=HEADERS)
        assert answer.status_code == 200
        wait_for(lambda: postgres.storing() == {records.pid}, 5, "the recorder's row, and no other")
        records.send_signal(signal.SIGTERM)
        assert records.wait(10) == 0
        # Ended in good order, it is not waited for.
        answer = httpx.post(f"{server.url}/v1/traces", content=body(range(100, 200)), headers=HEADERS)
        assert answer.status_code == 200
        wait_for(lambda: server.process.pid in postgres.storing(), 10, "the web process's own row")
    assert counted(url) == exactly(200)
