"""The trace explorer in a real Chromium: completion by keyboard, swaps without reloads, a stretch of the chart."""

from datetime import timedelta

import pytest
from django.utils import timezone

from telemetry.store.batches import write_spans
from tests.dashboard.builders import call_row, store_calls
from tests.live import sign_in, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


def arrived(page):
    """Wait for what follows the list: the chart, drawn, and the facets."""
    wait_for(
        lambda: (
            page.locator(".later").count() == 0 and page.evaluate("!!document.querySelector('.js-plotly-plot')")
        ),
        30,
        "chart and facets",
    )


def offered(page):
    return page.locator("#completions [role=option] .label").all_inner_texts()


def begin(page, address="/traces/"):
    page.goto(address)
    arrived(page)
    page.evaluate("window.notReloaded = true")


def test_keys_and_values_are_completed_by_keyboard(page):
    store_calls(good=1, tool="price_calculator")
    page.goto("/traces/")
    page.keyboard.press("/")
    page.keyboard.type("(is:tool or too")
    wait_for(lambda: offered(page)[:1] == ["tool"], 30, "keys")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#q", "aria-activedescendant") == "completion-0"
    page.keyboard.press("Enter")
    assert page.input_value("#q") == "(is:tool or tool:"
    wait_for(lambda: offered(page) == ["price_calculator"], 30, "values")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert page.input_value("#q") == "(is:tool or tool:price_calculator"
    assert page.get_attribute("#q", "aria-expanded") == "false"


def test_a_click_takes_a_completion_and_escape_closes_them(page):
    page.goto("/traces/")
    page.click("#q")
    page.keyboard.type("😀 dura")
    wait_for(lambda: offered(page), 30, "keys")
    page.keyboard.press("Escape")
    assert not page.is_visible("#completions")
    page.keyboard.press("ArrowDown")
    wait_for(lambda: offered(page) == ["duration"], 30, "keys again")
    page.click("#completions >> text=duration")
    assert page.input_value("#q") == "😀 duration:"
    assert page.evaluate("document.activeElement.id") == "q"


def test_a_search_changes_the_page_without_a_reload_and_back_returns(page):
    store_calls(good=2, bad=1, tool="crm_integration")
    store_calls(good=1, tool="price_calculator")
    begin(page)
    page.fill("#q", "tool:crm_integration")
    page.keyboard.press("Enter")
    wait_for(lambda: page.inner_text("#matches h2") == "3 matches", 30, "the chart of the search")
    assert page.evaluate("location.search") == "?q=tool%3Acrm_integration&period=15m"
    page.click("#facets >> text=timeout")
    wait_for(lambda: page.locator("#list tbody tr").count() == 1, 30, "the narrower list")
    assert page.input_value("#q") == "tool:crm_integration outcome:timeout"
    assert page.evaluate("window.notReloaded")
    page.go_back()
    wait_for(lambda: page.locator("#list tbody tr").count() == 3, 30, "the list before")
    assert page.input_value("#q") == "tool:crm_integration"


def test_a_period_keeps_the_search(page):
    store_calls(good=2)
    begin(page, "/traces/?q=is:tool")
    page.click("#period >> text=24 h")
    wait_for(lambda: page.evaluate("location.search") == "?q=is%3Atool&period=24h", 30, "the address")
    assert page.inner_text("#period [aria-current]") == "24 h"
    assert page.evaluate("window.notReloaded")


def test_turning_pages_keeps_the_chart(page):
    write_spans([call_row(at=timezone.now() - timedelta(seconds=number)) for number in range(60)])
    begin(page)
    page.evaluate("document.getElementById('matches').kept = true")
    page.click("text=Older")
    wait_for(lambda: page.locator("#list tbody tr").count() == 10, 30, "the second page")
    assert page.evaluate("document.getElementById('matches').kept")
    page.click("text=Newer")
    wait_for(lambda: page.locator("#list tbody tr").count() == 50, 30, "the first page")


def test_dragging_over_the_chart_narrows_the_time(page):
    write_spans([call_row(at=timezone.now() - timedelta(seconds=10 * number)) for number in range(80)])
    begin(page)
    box = page.locator("#plot-matches .nsewdrag").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=8)
    page.mouse.up()
    wait_for(lambda: "since:" in page.input_value("#q"), 30, "the narrower search")
    arrived(page)
    assert "until%3A" in page.evaluate("location.search")
    assert 15 <= int(page.inner_text("#matches h2").split()[0]) <= 30
    assert page.locator("#period [aria-current]").count() == 0


def test_more_values_than_are_listed_are_offered_in_the_box(page):
    write_spans([call_row(tool=f"tool_{number:02}") for number in range(12)])
    begin(page)
    page.click("text=and 4 more")
    wait_for(lambda: len(offered(page)) >= 10, 30, "the values")
    assert page.input_value("#q") == "tool:"


def test_a_wrong_query_is_pointed_at_and_mended_by_a_click(page):
    store_calls(bad=1)
    begin(page)
    page.fill("#q", "outcome:faild")
    page.keyboard.press("Enter")
    wait_for(lambda: page.is_visible("#mistake"), 30, "the explanation")
    page.click("#mistake a")
    wait_for(lambda: page.input_value("#q") == "outcome:failed", 30, "the search that was meant")
    assert not page.is_visible("#mistake")


def test_a_search_is_saved_and_found_in_the_menu(page):
    store_calls(bad=1)
    begin(page, "/traces/?q=outcome:failed")
    page.click("#views summary")
    page.fill("#views [name=name]", "Failures")
    page.click("#views .save button")
    wait_for(lambda: "1" in page.inner_text("#views summary"), 30, "the saved view")
    page.goto("/traces/")
    page.click("#views summary")
    page.click("#views >> text=Failures")
    wait_for(lambda: page.input_value("#q") == "outcome:failed", 30, "the view")


@pytest.mark.parametrize("width", [320, 390, 900, 1440, 2560])
def test_nothing_sticks_out_sideways(page, width):
    store_calls(good=20, bad=20, tool="a_tool_with_a_name_that_is_rather_long", session_id="s" * 60)
    page.set_viewport_size({"width": width, "height": 900})
    begin(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("#views summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_can_be_read_and_searched_without_scripts(live_server_daphne, browser, operator_session):
    store_calls(good=3, bad=1, tool="crm_integration")
    context = browser.new_context(base_url=live_server_daphne.url, java_script_enabled=False)
    plain = context.new_page()
    sign_in(plain, live_server_daphne.url, operator_session)
    plain.goto("/traces/")
    plain.fill("#q", "outcome:failed")
    plain.click("#search button")
    assert plain.locator("#list tbody tr").count() == 1
    plain.click(".no-script")
    assert "1 match" in plain.inner_text("#matches h2")
    plain.click("#facets >> text=crm_integration")
    assert plain.input_value("#q") == "outcome:failed tool:crm_integration"
    context.close()
