"""The overview in a real Chromium on a real daphne: it moves by itself, and comes back after a restart."""

from itertools import pairwise

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from tests.dashboard.builders import open_incident, store_calls
from tests.live import sign_in, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


def drawn(page):
    """The rates that the success chart shows, by tool."""
    return page.evaluate(
        "Object.fromEntries((document.getElementById('plot-success').data || [])"
        ".map(line => [line.name, line.y.filter(y => y !== null).at(-1)]))"
    )


def test_the_chart_changes_without_a_reload(page):
    store_calls(good=50, tool="crm_integration")
    page.goto("/")
    wait_for(lambda: drawn(page) == {"crm_integration": 100}, 30, "the first drawing")
    page.evaluate("window.notReloaded = true")
    store_calls(bad=50, tool="crm_integration")
    # 50, or 0 where the next point of the chart has begun meanwhile.
    wait_for(lambda: drawn(page).get("crm_integration") in (0, 50), 30, "the new rate in the chart")
    assert "50.0\u202f%" in page.inner_text("#verdict")
    assert page.evaluate("window.notReloaded") is True


def test_it_reconnects_after_a_restart_and_catches_up(page, live_server_daphne, console_errors):
    page.goto("/")
    wait_for(lambda: "live" in page.inner_text("#live"), 30, "the first connection")
    live_server_daphne.stop()
    wait_for(lambda: "reconnecting" in page.inner_text("#live"), 30, "the page noticing")
    store_calls(good=30, tool="price_calculator")
    live_server_daphne.start()
    wait_for(lambda: "30 calls" in page.inner_text("#tiles"), 30, "catching up")
    assert "live" in page.inner_text("#live")
    # The attempts in between failed, as they had to, and the browser says so.
    expected = ("WebSocket", "[object Event]", "ERR_CONNECTION_REFUSED")
    assert [text for text in console_errors if not any(part in text for part in expected)] == []
    console_errors.clear()


@pytest.mark.parametrize("width", [320, 390, 1440, 2560])
def test_nothing_sticks_out_sideways(page, width):
    store_calls(good=50, bad=10)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    wait_for(lambda: drawn(page), 30, "the chart")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def connected(page):
    wait_for(lambda: page.get_attribute("#live", "data-state") == "good", 30, "the connection")


def test_pause_freezes_the_page_and_counts_what_waits(page):
    store_calls(good=30, tool="crm_integration")
    page.goto("/")
    connected(page)
    page.click("#pause")
    store_calls(good=3, tool="price_calculator")
    wait_for(lambda: "3 waiting" in page.inner_text("#pause"), 30, "the count")
    assert "price_calculator" not in page.inner_text("#newest")
    assert "paused" in page.inner_text("#live")
    page.click("#pause")
    assert "price_calculator" in page.inner_text("#newest")


def test_rows_stay_where_the_pointer_is(page):
    store_calls(good=30, tool="crm_integration")
    page.goto("/")
    connected(page)
    page.hover("#newest tbody tr:nth-child(2)")
    store_calls(good=3, tool="price_calculator")
    wait_for(lambda: "33 calls" in page.inner_text("#tiles"), 30, "a push")
    assert "price_calculator" not in page.inner_text("#newest")
    page.mouse.move(5, 5)
    wait_for(lambda: "price_calculator" in page.inner_text("#newest"), 30, "the rows that waited")


def test_an_open_table_stays_open_through_a_push(page):
    store_calls(good=30)
    page.goto("/")
    connected(page)
    page.click("text=Show as a table")
    before = page.inner_text("#success-figure table")
    store_calls(good=30, bad=30)
    wait_for(lambda: page.inner_text("#success-figure table") != before, 30, "a push")
    assert page.is_visible("#success-figure table")


def test_old_data_turns_amber_then_red(page, live_server_daphne, console_errors):
    page.clock.install()
    page.goto("/")
    page.clock.run_for(1000)
    wait_for(lambda: "live" in page.inner_text("#live"), 30, "the connection")
    live_server_daphne.stop()
    page.clock.run_for(8000)
    assert page.get_attribute("#live", "data-state") == "warn"
    page.clock.run_for(30000)
    assert page.get_attribute("#live", "data-state") == "bad"
    page.goto("about:blank")  # ends the attempts to reconnect, which failed, as they had to
    console_errors.clear()


def test_the_chosen_theme_is_kept(page):
    page.emulate_media(color_scheme="light")
    page.goto("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark != light


def test_everything_can_be_reached_by_keyboard_and_the_focus_is_seen(page):
    store_calls(good=30, bad=10)
    page.goto("/")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = (
            "(e => [e.textContent.trim().slice(0, 20), getComputedStyle(e).outlineStyle])(document.activeElement)"
        )
        name, outline = page.evaluate(focus)
        assert outline != "none", f"no focus ring on {name!r}"
        reached.append(name)
    assert reached[0] == "Skip to the content"
    assert {"Overview", "24 h", "Sign out", "crm_integration"} <= set(reached)


def test_the_skip_link_leads_to_the_content(page):
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_it_can_be_read_without_scripts(live_server_daphne, browser, operator_session):
    store_calls(good=30, bad=10, tool="crm_integration")
    context = browser.new_context(base_url=live_server_daphne.url, java_script_enabled=False)
    plain = context.new_page()
    sign_in(plain, live_server_daphne.url, operator_session)
    plain.goto("/")
    assert "crm_integration is at 75.0" in plain.inner_text("#verdict")
    assert plain.is_visible("#success-figure table")
    assert not plain.is_visible("#plot-success")
    context.close()


def test_an_incident_is_acknowledged_by_a_click(page):
    open_incident()
    page.goto("/")
    connected(page)
    page.click("text=Acknowledge")
    wait_for(lambda: "ana takes care of it" in page.inner_text("#incidents"), 30, "the acknowledgement")
    assert page.locator("text=Acknowledge").count() == 0


COUNT_SOCKETS = "window.opened = 0; document.addEventListener('salesboost:connecting', () => window.opened++)"


def sign_out_elsewhere():
    Session.objects.all().delete()


def deactivate():
    User.objects.update(is_active=False)


@pytest.mark.parametrize("end", [sign_out_elsewhere, deactivate])
def test_a_page_whose_login_is_over_says_so_and_leads_to_the_login(page, end):
    page.goto("/?period=24h")
    connected(page)
    page.evaluate(COUNT_SOCKETS)
    end()
    wait_for(lambda: "signed out" in page.inner_text("#live"), 30, "the page noticing")
    assert page.get_attribute("#live", "data-state") == "bad"
    assert "signed out" in page.text_content("#announcer")
    store_calls(good=30, tool="price_calculator")
    page.wait_for_timeout(4000)  # longer than any wait before connecting again
    assert page.evaluate("window.opened") == 0
    assert "30 calls" not in page.inner_text("#tiles")
    page.click("#sign-in")
    page.wait_for_url(lambda url: url.endswith("/login/?next=/%3Fperiod%3D24h"))
    User.objects.update(is_active=True, password=make_password("correct horse battery"))
    page.fill("[name=username]", "ana")
    page.fill("[name=password]", "correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("/?period=24h"))
    connected(page)
    assert not page.is_visible("#sign-in")


def test_a_page_connects_again_after_an_orderly_end(page):
    page.add_init_script(
        "window.WebSocket = class extends WebSocket { constructor(url) { super(url); window.newest = this; } }"
    )
    page.goto("/")
    connected(page)
    page.evaluate(COUNT_SOCKETS)
    page.evaluate("window.newest.close(1000)")
    wait_for(lambda: page.evaluate("window.opened") == 1, 30, "the next socket")
    connected(page)
    assert not page.is_visible("#sign-in")


def test_labels_in_the_chart_do_not_overlap(page):
    for number, bad in enumerate((20, 21, 22, 23)):
        store_calls(good=80, bad=bad, tool=f"tool_with_a_long_name_{number}")
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto("/")
    wait_for(lambda: drawn(page), 30, "the chart")
    boxes = page.evaluate(
        "[...document.querySelectorAll('#plot-success .annotation-text')].map(e => e.getBoundingClientRect())"
        ".map(b => [b.top, b.bottom, b.right]).sort((a, b) => a[0] - b[0])"
    )
    assert len(boxes) == 4
    assert all(upper[1] <= lower[0] + 1 for upper, lower in pairwise(boxes))
    assert all(right <= 390 for _, _, right in boxes)
