"""A terminal that is closed under `up`, and what the real processes that it starts can know."""

import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.ports import free_port
from tests.running import ROOT, Running, a_data_dir, clean_environment, eventually, up

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240), pytest.mark.xdist_group("kill")]

CALLS_OF = "SELECT id FROM telemetry_series WHERE tool = %s"
SESSIONS = f"SELECT session_id FROM telemetry_span WHERE series_id IN ({CALLS_OF})"
TURNS_OF_DEMO = (
    "SELECT 1 FROM telemetry_span JOIN telemetry_series ON telemetry_series.id = series_id "
    "WHERE operation = 'execute_tool' AND prompt_version IN ('coach@1', 'sales@1') AND provider <> '' LIMIT 1"
)
HUSH = {
    "SALESBOOST_ADMIN_PASSWORD": "hush-admin-password",
    "EMAIL_URL": "smtp://me:hush-mail@127.0.0.1:9",
    "OPENAI_API_KEY": "hush-openai",
    "PGPASSWORD": "hush-postgres",
}


# The window of a terminal: who ends it closes the terminal under what runs there.
WINDOW = """
import os, pty, sys
child, terminal = pty.fork()
if not child:
    os.execv(sys.argv[2], sys.argv[2:])
with open(sys.argv[1], "wb", buffering=0) as output:
    while True:
        output.write(os.read(terminal, 65536))
"""


def test_closing_the_terminal_stops_all_in_order_and_loses_no_call():
    with a_data_dir() as data_dir:
        data_dir.parent.mkdir(exist_ok=True)
        port = str(free_port())
        output = data_dir.parent / "window.txt"
        process = subprocess.Popen(
            [sys.executable, "-c", WINDOW, str(output), sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=clean_environment(DATA_DIR=str(data_dir), PORT=port),
        )
        running = Running(process, data_dir, output, f"http://127.0.0.1:{port}/")
        eventually(lambda: "SalesBoost is at" in running.said, 90, "the start")
        answered = []
        for number in range(20):
            answer = running.call("competitor_analysis", {"aspects": ["pricing"]}, session_id=f"s{number}")
            answered.append((f"s{number}", answer.status_code))
        parts = running.pids()
        process.kill()  # the window is gone, with all that held the terminal open
        process.wait()
        assert {status for _, status in answered} == {200}
        eventually(lambda: not [pid for pid in parts if alive(pid)], 20, "the end of all parts")
        with up(data_dir) as again:
            stored = {session for (session,) in again.rows(SESSIONS, "competitor_analysis")}
            assert stored == {session for session, _ in answered}


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def environment_of(pid):
    return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")


def test_each_process_knows_of_our_environment_what_it_needs():
    with a_data_dir() as data_dir, up(data_dir, "--demo", "--rate", "10", **HUSH) as running:
        # A vendor's key is nowhere, so that the demonstration costs nobody anything.
        assert not [pid for pid in running.pids() if "hush-openai" in environment_of(pid)]
        for part in ("postgres", "valkey", "sms_gateway", "salesboost.lab", "demo_traffic"):
            found = running.pids(part)
            assert found, part
            assert not [pid for pid in found if "hush" in environment_of(pid)], part
        applications = running.pids(r"-m salesboost\.(server|worker)")
        assert len(applications) >= 3
        for pid in applications:
            assert "hush-admin-password" not in environment_of(pid)
            assert "hush-mail" in environment_of(pid)  # it sends e-mail
        # A server writes its title over its environment: this asks a program that Postgres itself starts.
        with psycopg.connect(running.credentials["database_url"], autocommit=True) as connection:
            connection.execute("CREATE TEMPORARY TABLE known (line text)")
            connection.execute("COPY known FROM PROGRAM 'env'")
            known = "\n".join(line for (line,) in connection.execute("SELECT line FROM known"))
        assert "PATH=" in known and "hush" not in known
        eventually(lambda: running.rows("SELECT 1 FROM telemetry_span LIMIT 1"), 60, "traffic without our secrets")
        # Models of the lab are asked, and call tools: by the demonstration's callers, and by whoever asks.
        eventually(lambda: running.rows(TURNS_OF_DEMO), 60, "a turn of the demonstration")
        asked = {"text": "Read the CRM record with customer id CUST001.", "tools": ["crm_integration"]}
        answer = httpx.post(f"{running.url}api/v1/chat", json=asked, headers=running.headers, timeout=30).json()
        assert [call["tool"] for call in answer["calls"]] == ["crm_integration"]
        assert answer["deployment"].startswith("lab-") and "Nordlicht" in answer["text"]
        assert running.stop() < 15 and running.pids() == []
