"""An application that we know nothing of points its exporter here, and a person finds its one bad call."""

import os
import re
import subprocess
import sys

import pytest

from tests.live import ROOT, wait_for
from tools.decisions.keys import create_key

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


def run_app(url: str, turns: int) -> None:
    _, plain = create_key("travel", ["ingest"])
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{url}/v1/traces",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"Authorization=Bearer%20{plain}",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.telemetry.foreign_app", str(turns)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=60)


def test_the_real_exporter_of_another_process_fills_the_pages(page, live_server_daphne):
    page.goto("/")
    wait_for(lambda: page.get_attribute("#live", "data-state") == "good", 30, "the connection")
    run_app(live_server_daphne.url, turns=20)
    wait_for(lambda: "find_flight" in page.inner_text("body"), 30, "the tool on the open page")

    page.goto("/traces/?q=service:travel-agent status:error")
    assert page.locator("tbody tr", has_text="find_flight").count() == 1
    page.locator("tbody tr", has_text="find_flight").get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/traces/[0-9a-f]{32}/"))
    shown = page.inner_text("main")
    assert "the airline did not answer within 5 s" in shown
    assert "invoke_agent planner" in shown and "chat gpt-4o" in shown, "the rest of its trace"
