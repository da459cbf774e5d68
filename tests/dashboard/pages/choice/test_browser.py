"""The pages of choice in a real browser: phone and desktop, light and dark."""

import pytest

from tests.dashboard.pages.choice.decisions import store_decisions
from tools.selection.models import SelectionGroup

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_from_the_list_to_a_group_to_its_replay(page, width, scheme):
    SelectionGroup.objects.create(name="retrievers", kind="other", members=["v1", "v2"])
    store_decisions(600, shares={"v1": 0.4, "v2": 0.6})
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto("/choice/")
    page.get_by_role("link", name="retrievers").click()
    page.wait_for_selector("[data-figure=figure-share] .plot-container")
    page.wait_for_selector("[data-figure=figure-regret] .plot-container")
    page.locator("select[name=replay]").select_option("always:v2")
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("rowheader", name="Doubly robust").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#replay select").input_value() == "always:v2"
