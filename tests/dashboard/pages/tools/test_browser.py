"""The page of tools in a real Chromium: it moves by itself and fits a phone, in light and dark."""

import os
from pathlib import Path

import httpx
import pytest

from tests.live import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1440, "light"), (2560, "dark")])
def test_a_refresh_is_seen_and_nothing_sticks_out_sideways(page, live_server_daphne, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto("/tools/")
    wait_for(lambda: page.get_attribute("#live", "data-state") == "good", 30, "the connection")
    page.evaluate("window.notReloaded = true")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    token = {"X-CSRFToken": cookies.get("csrftoken", ""), "Origin": live_server_daphne.url}
    answer = httpx.post(f"{live_server_daphne.url}/health/tools/refresh", cookies=cookies, headers=token)
    assert answer.status_code == 200, answer.text
    tools = answer.json()["tools"]
    assert len(tools) == 8
    assert {each["probe"]["kind"] for each in tools.values()} == {"probe", "dry_run"}
    wait_for(lambda: "passed" in page.inner_text("#tools"), 30, "what the probes said")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.notReloaded") is True
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"tools-{width}-{scheme}.png", full_page=True)
