"""The page of deployments in a real Chromium: it moves by itself and fits a phone, in light and dark."""

import os
from pathlib import Path

import pytest

from tests.dashboard.builders import store_calls
from tests.dashboard.pages.providers.deployments import FLASH, SOL, in_days, store_requests
from tests.live import wait_for
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


@pytest.fixture
def deployments(transactional_db):
    """Four: one that is well, one whose model ends, one without a key, one that is off."""
    names = {"sol": SOL, "flash-of-the-european-region": FLASH, "keyless": ("groq", "gpt-oss-120b"), "off": SOL}
    route = Route.objects.create(name="chat")
    for name, (provider, word) in names.items():
        ends = in_days(9) if word == FLASH[1] else None
        about = {"source": "page", "checked_on": in_days(0), "shutdown_on": ends, "successor": "gemini-4"}
        model, _ = Model.objects.get_or_create(provider=provider, name=word, api="chat", defaults=about)
        made = Deployment.objects.create(
            name=name,
            model=model,
            base_url="http://127.0.0.1:9/v1",
            key="" if name == "keyless" else "sk-of-ours",
            key_variable="NOBODY_SET_THIS_KEY" if name == "keyless" else "",
            enabled=name != "off",
            budget_usd="5" if name == "sol" else None,
        )
        RouteEntry.objects.create(route=route, deployment=made)


def connected(page):
    wait_for(lambda: page.get_attribute("#live", "data-state") == "good", 30, "the connection")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1440, "light"), (2560, "dark")])
def test_the_page_moves_by_itself_and_nothing_sticks_out_sideways(page, deployments, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 1000})
    page.goto("/providers/")
    connected(page)
    wait_for(lambda: "not asked" in page.inner_text("#deployments"), 30, "the deployments")
    page.evaluate("window.notReloaded = true")
    store_requests(good=30)
    store_requests("flash-of-the-european-region", FLASH, good=20, bad=10, reason="sol: rate_limit")
    store_calls(good=27, bad=3, provider=SOL[0], model=SOL[1], prompt_version="coach@3")
    store_calls(
        good=9, bad=21, provider="gcp.gemini", model=FLASH[1], prompt_version="coach@3", tool="price_calculator"
    )
    wait_for(lambda: "100 of 100" in page.inner_text("#deployments"), 30, "the score")
    wait_for(lambda: "coach@3" in page.inner_text("#tools"), 30, "the calls by prompt")
    assert "flash-of-the-european-region" in page.inner_text("#verdict")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.notReloaded") is True
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"providers-{width}-{scheme}.png", full_page=True)


def test_the_overview_leads_to_it(page, deployments):
    page.goto("/?period=24h")
    page.click("text=by deployment")
    page.wait_for_url("**/providers/?period=24h")
    assert "sol" in page.inner_text("#deployments")
