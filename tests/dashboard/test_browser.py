"""The overview in a real Chromium on a real daphne: it moves by itself, and comes back after a restart."""

import pytest

from tests.dashboard.builders import store_calls
from tests.live import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.xdist_group("browser")]


def drawn(page):
    """The rates that the success chart shows, by tool."""
    return page.evaluate(
        "Object.fromEntries((document.getElementById('plot-success').data || [])"
        ".map(line => [line.name, line.y.filter(y => y !== null).at(-1)]))"
    )


def test_the_chart_changes_without_a_reload(page):
    store_calls(good=50, tool="crm_integration")
    page.goto("/")
    wait_for(lambda: drawn(page) == {"crm_integration": 100}, 15, "the first drawing")
    page.evaluate("window.notReloaded = true")
    store_calls(bad=50, tool="crm_integration")
    wait_for(lambda: drawn(page).get("crm_integration") == 50, 15, "the new rate in the chart")
    assert "50.0\u202f%" in page.inner_text("#verdict")
    assert page.evaluate("window.notReloaded") is True


def test_it_reconnects_after_a_restart_and_catches_up(page, live_server_daphne, console_errors):
    page.goto("/")
    wait_for(lambda: "live" in page.inner_text("#live"), 15, "the first connection")
    live_server_daphne.stop()
    wait_for(lambda: "reconnecting" in page.inner_text("#live"), 15, "the page noticing")
    store_calls(good=30, tool="price_calculator")
    live_server_daphne.start()
    wait_for(lambda: "price_calculator" in page.inner_text("#tools"), 20, "catching up")
    assert "live" in page.inner_text("#live")
    # The attempts in between failed, as they had to, and the browser says so.
    assert all("WebSocket" in text or text == "[object Event]" for text in console_errors)
    console_errors.clear()


@pytest.mark.parametrize("width", [320, 390, 1440, 2560])
def test_nothing_sticks_out_sideways(page, width):
    store_calls(good=50, bad=10)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    wait_for(lambda: drawn(page), 15, "the chart")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
