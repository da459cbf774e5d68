"""`manage.py up` as a user runs it: start, stop, start again, and what stands in its way."""

import signal
import stat
import subprocess
import sys

import httpx
import pytest

from tests.running import ROOT, a_data_dir, clean_environment, eventually, up

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("kill")]

CALLS_OF = "SELECT id FROM telemetry_series WHERE tool = %s"


def try_up(**environment):
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_starts_serves_stops_and_keeps_its_data():
    with a_data_dir(empty=True) as data_dir:
        with up(data_dir) as first:
            assert stat.S_IMODE((data_dir / "credentials.json").stat().st_mode) == 0o600
            assert first.call("crm_integration", {"action": "read", "customer_id": "CUST001"}).status_code == 200
            kept = first.credentials
            assert first.stop(signal.SIGINT) < 15
            assert "nothing is left running" in first.said
            assert first.pids() == []
        with up(data_dir) as second:
            assert {**second.credentials, "url": ""} == {**kept, "url": ""}
            assert second.rows(
                f"SELECT count(*) FROM telemetry_span WHERE series_id IN ({CALLS_OF})", "crm_integration"
            ) == [(1,)]
            assert second.call("crm_integration", {"action": "list", "limit": 2}).status_code == 200


def test_a_second_start_while_one_runs_says_so_and_harms_nothing(salesboost):
    second = try_up(DATA_DIR=str(salesboost.data_dir), PORT="1")
    assert second.returncode == 1
    assert f"already runs on {salesboost.data_dir}" in second.stderr
    taken = try_up(DATA_DIR=f"{salesboost.data_dir}-other", PORT=salesboost.url.split(":")[-1].strip("/"))
    assert taken.returncode == 1 and "is taken by another program" in taken.stderr
    assert httpx.get(f"{salesboost.url}healthz").status_code == 200


def test_a_start_without_a_route_says_that_nobody_will_be_told(salesboost):
    assert "Nobody is told of incidents: there is no route that is switched on." in salesboost.said


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATA_DIR": "/proc/salesboost"}, "DATA_DIR /proc/salesboost cannot be written"),
        ({"DATABASE_URL": "postgresql://me:hidden@127.0.0.1:9/main"}, "127.0.0.1:9/main does not answer"),
        ({"PORT": "eighty"}, "PORT='eighty' is not a whole number."),
    ],
    ids=["read-only folder", "unreachable database", "bad knob"],
)
def test_what_stands_in_the_way_is_one_sentence_and_a_failure(environment, sentence):
    with a_data_dir(empty=True) as data_dir:
        tried = try_up(**{"DATA_DIR": str(data_dir), **environment})
    assert tried.returncode == 1
    assert sentence in tried.stderr
    assert "Traceback" not in tried.stderr and "hidden" not in tried.stderr
    assert len(tried.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("part", ["salesboost.server", "salesboost.worker"])
def test_a_killed_part_is_back_within_five_seconds(part, salesboost):
    before = min(salesboost.pids(rf"-m {part}"))
    salesboost.kill(rf"-m {part}")
    eventually(lambda: (found := salesboost.pids(rf"-m {part}")) and before not in found, 5, f"the new {part}")
    # How long a server takes to load depends on the machine, and on who else starts.
    eventually(lambda: httpx.get(f"{salesboost.url}healthz").status_code == 200, 20, "an answer")
