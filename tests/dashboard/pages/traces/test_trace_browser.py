"""A trace in a real Chromium on a real daphne."""

import json

import pytest

from dashboard.addresses.links import trace_url
from tests.dashboard.pages.traces.stored import Maker, agent_trace
from tests.live import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


@pytest.fixture
def trace(live_server_daphne):
    return agent_trace().store()


def detail(page):
    return page.inner_text("#span h2")


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim()")


def test_a_deep_link_opens_its_span_and_a_click_another_without_a_reload(page, trace):
    page.goto(trace_url(trace, 3))
    assert detail(page) == "crm_integration"
    page.evaluate("window.notReloaded = true")
    page.click("#fall >> text=price_calculator")
    wait_for(lambda: detail(page) == "price_calculator", 10, "the other span")
    assert page.url.endswith("?span=0000000000000007")
    assert page.locator(".row.now").inner_text().startswith("price_calculator")
    assert page.evaluate("window.notReloaded") is True
    page.reload()
    assert detail(page) == "price_calculator"


def test_the_keyboard_moves_folds_and_opens(page, trace):
    page.goto(trace_url(trace, 1))
    page.focus("#fall a >> nth=0")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "chat gpt-4o"
    page.keyboard.press("ArrowLeft")  # to the parent
    page.keyboard.press("ArrowLeft")
    assert page.locator("#fall >> text=chat gpt-4o").first.is_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for(lambda: detail(page) == "chat gpt-4o", 10, "the span")


def test_what_was_sent_can_be_copied(page, trace):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(trace_url(trace, 9))
    page.click("#span .text button >> nth=0")
    wait_for(lambda: page.locator("text=Copied").count(), 10, "the answer of the button")
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["customer_id"] == "CUST001"


def test_without_scripts_spans_are_read_folded_and_opened(browser, live_server_daphne, operator_session, trace):
    from tests.live import sign_in

    context = browser.new_context(base_url=live_server_daphne.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server_daphne.url, operator_session)
    page.goto(trace_url(trace))
    page.click("#fall >> text=crm_integration")
    assert "CUST001" in page.inner_text("#span")
    page.locator("#fall summary").first.click(position={"x": 4, "y": 8})
    assert page.locator("#fall >> text=crm_integration").first.is_hidden()
    context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_sideways(page, trace, width):
    deep = Maker(session="s" * 200)
    for number in range(1, 30):
        deep.call(number, number - 1 or None, number, 500 - number, tool="a_tool_with_quite_a_long_name_" * 2)
    other = deep.store()
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        *(trace_url(trace, 9), f"{trace_url(trace)}?view=flame", trace_url(other, 29)),
        *("/sessions/?id=s42", f"/sessions/?id={'s' * 200}", f"/traces/compare/?a={trace.hex}&b={other.hex}"),
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
