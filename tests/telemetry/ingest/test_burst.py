"""More spans at once than the store takes, and a store that goes away: what was answered 200 is there, once."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from telemetry.models import Rollup, Span
from tests.bench.otlp import CLIENT, head
from tests.live import Daphne
from tests.telemetry.otlp_bodies import TRACE_ID, a_body
from tools.decisions.keys import create_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
SPANS, REQUESTS = 200, 1_000


@pytest.fixture
def busy_daphne(transactional_db, tmp_path):
    """A daphne with room for 2,000 spans."""
    settings = {"DJANGO_SETTINGS_MODULE": "tests.telemetry.ingest.small_queue", "DATA_DIR": str(tmp_path / "data")}
    name = str(connection.settings_dict["NAME"])
    server = Daphne(name, tmp_path / "daphne.log", environment=settings)
    server.start()
    yield server
    server.stop()


def most_memory_mb(pid):
    """The most that the process has had in memory at a time."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def test_of_a_burst_against_a_full_queue_nothing_answered_200_is_lost(busy_daphne, tmp_path):
    host, key = urlsplit(busy_daphne.url), create_key("burst", ["ingest"])[1]
    template, file = a_body(SPANS), tmp_path / "requests"
    with file.open("wb") as packed:
        for number in range(1, REQUESTS + 1):
            body = template.replace(TRACE_ID, number.to_bytes(16, "big"))
            request = head(host.netloc, key, len(body)) + body
            packed.write(len(request).to_bytes(4, "big") + request)
    command = [sys.executable, str(CLIENT), host.hostname, str(host.port), "32", str(file)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=200).stdout)["statuses"]
    assert set(said) == {"200", "503, again after 1 s"}
    assert sum(said.values()) == REQUESTS
    assert Span.objects.count() == said["200"] * SPANS
    assert Rollup.objects.at(3600).tallies()[()].calls == said["200"] * SPANS
    assert most_memory_mb(busy_daphne.process.pid) <= 400


def test_the_real_processor_and_exporter_lose_and_double_nothing_while_the_server_is_away(live_server_daphne):
    _, key = create_key("app", ["ingest"])
    script = Path(__file__).with_name("exporting_app.py")
    command = [sys.executable, str(script), f"{live_server_daphne.url}/v1/traces", key, "600"]
    app = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert app.stdout.readline() == "began\n"
        live_server_daphne.stop()
        assert app.stdout.readline() == "made\n"
        live_server_daphne.start()
        assert app.stdout.readline() == "flushed\n"
    finally:
        app.kill()
        app.wait()
        app.stdout.close()
    numbers = Span.objects.filter(series__api_key="app").values_list("session_id", flat=True)
    assert sorted(map(int, numbers)) == list(range(600))
