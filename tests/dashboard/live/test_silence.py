"""A page whose network swallows everything and tells nobody: it notices, says so, and comes back by itself."""

from datetime import datetime

import pytest

from tests.dashboard.builders import store_calls
from tests.live import wait_for
from tests.relay import Relay

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]

COUNT_SOCKETS = "window.opened = 0; document.addEventListener('salesboost:connecting', () => window.opened++)"
VISIBLE = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def relay(live_server_daphne):
    with Relay(live_server_daphne.port) as made:
        yield made


@pytest.fixture
def watching(page, relay, console_errors):
    """A live page behind the relay, whose clock the test moves, and which counts the sockets it opens."""
    page.clock.install()
    page.goto(f"{relay.url}/")
    page.clock.run_for(1000)
    wait_for(lambda: page.inner_text("#live-text").startswith("live"), 30, "the connection")
    page.evaluate(COUNT_SOCKETS)
    yield page
    page.goto("about:blank")
    # Sockets were given up before they were open, and the browser says so.
    assert [text for text in console_errors if "WebSocket" not in text] == []
    console_errors.clear()


def opened(page):
    return page.evaluate("window.opened")


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_silence_is_told_in_words_and_ended_by_another_socket(watching, relay, width):
    watching.set_viewport_size({"width": width, "height": 900})
    relay.go_silent()
    watching.clock.run_for(13_000)
    assert watching.inner_text("#live-text").startswith("reconnecting")
    watching.clock.run_for(20_000)
    at = datetime.fromisoformat(watching.get_attribute("#pulse", "data-at"))
    said = f"stale since {at:%H:%M:%S}\u202fUTC"
    assert watching.inner_text("#live-text") == said == watching.text_content("#announcer")
    assert watching.get_attribute("#live", "data-state") == "bad"
    assert watching.evaluate("document.documentElement.scrollWidth") <= width
    store_calls(good=30, tool="price_calculator")
    relay.heal()
    watching.clock.run_for(6_000)
    wait_for(lambda: "30 calls" in watching.inner_text("#tiles"), 30, "catching up")
    assert watching.inner_text("#live-text").startswith("live")


def comes_back_to_the_page(page):
    page.evaluate(VISIBLE)


def gets_a_network_again(page):
    page.context.set_offline(True)
    page.context.set_offline(False)


@pytest.mark.parametrize("event", [comes_back_to_the_page, gets_a_network_again])
def test_who_returns_does_not_wait(watching, relay, event):
    relay.go_silent()
    watching.clock.run_for(7_000)
    relay.heal()
    assert opened(watching) == 0
    event(watching)
    wait_for(lambda: opened(watching) == 1, 10, "another socket")
    watching.clock.run_for(500)
    wait_for(lambda: watching.inner_text("#live-text").startswith("live"), 30, "the connection")


def test_a_page_that_hears_its_server_keeps_its_socket(watching):
    for _ in range(4):
        at = watching.get_attribute("#pulse", "data-at")
        watching.clock.run_for(4_500)
        watching.evaluate(VISIBLE)
        wait_for(lambda at=at: watching.get_attribute("#pulse", "data-at") != at, 30, "a push")
    assert opened(watching) == 0
    assert watching.inner_text("#live-text").startswith("live")
