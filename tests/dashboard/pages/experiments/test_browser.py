"""The page of an experiment in a real Chromium, on a phone and a desk, by day and night."""

import pytest

from tests.dashboard.pages.experiments.test_page import look, said
from tests.tools.llm.experiments.rows import a_run, expose

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture
def run():
    run = a_run()
    for number in range(40):
        expose(run, f"unit {number}", ("as-is", "shorter")[number % 2], sha256=f"{number % 2:064}")
    for hours_ago in range(12, 0, -1):
        half = 0.02 * hours_ago
        look(run, said(0.03, 0.03 - half, 0.03 + half), hours_ago)
    return run


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light"), (1440, "dark")])
def test_all_of_it_is_there_and_nothing_stands_out(run, page, width, scheme, tmp_path):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto("/experiments/")
    page.get_by_role("link", name="shorter-greeting").click()
    page.locator("[data-figure] .plot-container").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for heading in ("Arms, side by side", "Effect over time", "Guardrails", "What was sent", "Ledger"):
        assert page.get_by_role("heading", name=heading).is_visible()
    page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)
