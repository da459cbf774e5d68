"""The page of an experiment in a real Chromium, on a phone and a desk, by day and night."""

import pytest

from tests.dashboard.pages.experiments.test_page import look, said
from tests.tools.llm.experiments.rows import a_run, expose
from tools.llm.experiments import running

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


def test_on_a_phone_the_reasons_of_the_ledger_are_in_sight(page, tmp_path):
    run = a_run()
    look(run, said(-0.59, -0.8, -0.41, "worse"))
    running.stop(run, by="the judge", reason="The guardrail is broken: shorter is worse than as-is. " * 4)
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto("/experiments/shorter-greeting/")
    page.locator("[data-figure] .plot-container").first.wait_for()
    for cell in page.locator("td.words").all():
        box = cell.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert page.locator("[data-figure] .errorbar").count() == 1  # of a single point
    page.screenshot(path=tmp_path / "ledger.png", full_page=True)


def test_nothing_of_the_caches_table_is_cut_on_a_desk(page, tmp_path):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/")
    page.locator("#cache").wait_for()
    fits = "box => box.scrollWidth <= box.clientWidth"
    page.evaluate("""() => {
        const region = document.querySelector("#cache");
        region.innerHTML = `<div class="scroll"><table><thead><tr><th>Tool</th><th class="num">Hits</th>
            <th class="num">Misses</th><th class="num">Hit rate</th><th class="num">Kept</th>
            <th class="num">Evicted</th></tr></thead><tbody><tr>
            <th scope="row"><a class="mono">competitor_comparison</a></th>
            <td class="num">12,345</td><td class="num">12,345</td><td class="num">74 %</td>
            <td class="num">1,234</td>
            <td class="num">1,234</td></tr></tbody></table></div>`; }""")
    assert page.locator("#cache .scroll").evaluate(fits)
    page.screenshot(path=tmp_path / "overview.png", full_page=True)
