"""The page of costs in a real Chromium: it is drawn, moves by itself and fits a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from telemetry.store.batches import write_spans
from tests.live import wait_for
from tests.telemetry.cost.builders import enter, model_call

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


def chat(number, **changes):
    write_spans([model_call(start_time=timezone.now() - timedelta(seconds=2), span_id=number, **changes)])


def test_a_call_appears_in_the_total_and_the_chart_without_a_reload(page):
    enter("2.5")
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto("/costs/")
    wait_for(lambda: page.get_attribute("#live", "data-state") == "good", 30, "the connection")
    page.evaluate("window.notReloaded = true")
    chat(1)
    chat(2, model="a-model-with-a-long-name-that-nobody-knows-2031-01-01", provider="our-own-gateway")
    wait_for(lambda: "$2.50" in page.inner_text("#tiles"), 30, "the cost in the tile")
    wait_for(lambda: page.evaluate("document.getElementById('plot-cost').data?.length") == 1, 30, "the chart")
    assert "enter a price" in page.inner_text("#unpriced")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("window.notReloaded") is True
