"""The pages of the API in a real browser, under the site's Content-Security-Policy."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_the_pages_of_the_api_render_and_show_an_answer(page):
    """The fixture fails the test if the console logs an error, as a violated policy does."""
    page.goto("/api/v1/docs")
    expect(page.get_by_text("/api/v1/tools/execute", exact=True)).to_be_visible(timeout=20_000)
    listing = page.locator("#operations-default-tools_api_list_tools")
    listing.click()
    listing.get_by_role("button", name="Try it out").click()
    listing.get_by_role("button", name="Execute").click()
    expect(listing.get_by_text("crm_integration").first).to_be_visible(timeout=20_000)
