"""Whatever dies, every span is stored, and once."""

import os
import signal

import pytest

from salesboost.services import wait_until
from tests.telemetry.processes import own_postgres, span_maker

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def postgres():
    with own_postgres() as own:
        yield own


@pytest.fixture(autouse=True)
def empty(postgres):
    import psycopg

    yield
    with psycopg.connect(postgres.service.url) as connection:
        tables = ("span", "span_payload", "rollup", "tool_rollup", "recorder")
        connection.execute("TRUNCATE " + ", ".join(f"telemetry_{table}" for table in tables))


def numbers(*bounds):
    return [str(number) for number in range(*bounds)]


def test_spans_made_while_postgres_is_away_are_stored_once_when_it_is_back(postgres, tmp_path):
    with span_maker(postgres.service.url, tmp_path) as maker:
        assert maker.tell("make 0 100") == "made"
        assert maker.tell("flush 10") == "True"
        postgres.stop()
        assert maker.tell("make 100 400") == "made"
        assert maker.tell("flush 0.5") == "False"
        assert [file.stat().st_mode & 0o777 for file in (tmp_path / "spool").iterdir()] == [0o600]
        postgres.start()
        assert maker.tell("flush 20") == "True"
    assert postgres.stored() == numbers(400)
    assert postgres.rolled_up() == 400
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_process_ended_while_postgres_is_away_leaves_its_spans_to_the_next(postgres, tmp_path):
    postgres.stop()
    with span_maker(postgres.service.url, tmp_path) as maker:
        assert maker.tell("make 0 300") == "made"
    assert len(list((tmp_path / "spool").iterdir())) == 1
    postgres.start()
    with span_maker(postgres.service.url, tmp_path):
        assert wait_until(lambda: postgres.stored() == numbers(300), 20)
    assert postgres.rolled_up() == 300


def test_a_process_killed_amid_its_work_loses_no_ended_span(postgres, tmp_path):
    with span_maker(postgres.service.url, tmp_path) as maker, span_maker(postgres.service.url, tmp_path):
        maker.process.stdin.write("endless\n")
        maker.process.stdin.flush()
        for _ in range(3000):
            maker.process.stdout.readline()
        os.kill(maker.process.pid, signal.SIGKILL)
        ended = 3000 + len([line for line in maker.process.stdout if line.endswith("\n")])
        maker.process.wait()
        # The last one may have ended without there being time to say so.
        assert wait_until(lambda: len(postgres.stored()) >= ended, 20)
        stored = postgres.stored()
        assert stored in (numbers(ended), numbers(ended + 1))
        assert postgres.rolled_up() == len(stored)


def test_a_forked_child_records_too_and_leaves_the_parents_spans_alone(postgres, tmp_path):
    postgres.stop()
    with span_maker(postgres.service.url, tmp_path) as maker:
        assert maker.tell("make 0 50") == "made"
        postgres.start()
        assert maker.tell("fork 50 100") == "0"
        assert maker.tell("make 100 150") == "made"
        assert maker.tell("flush 20") == "True"
    assert postgres.stored() == numbers(150)


def test_the_end_of_a_process_stores_what_is_left(postgres, tmp_path):
    with span_maker(postgres.service.url, tmp_path) as maker:
        assert maker.tell("make 0 1000") == "made"
    assert postgres.stored() == numbers(1000)
