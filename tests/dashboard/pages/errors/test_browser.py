"""In a browser: a group is resolved, occurs again, and is open again."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from telemetry.errors.models import ErrorGroup
from telemetry.store.batches import write_spans
from tests.dashboard.error_calls import failure

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.xdist_group("browser")]


def test_a_resolved_error_that_occurs_again_is_open_again(page, live_server_daphne):
    write_spans([failure(at=timezone.now() - timedelta(hours=2))])
    page.goto(f"{live_server_daphne.url}/errors/")
    page.get_by_role("link", name="crm did not answer within n s.").click()
    page.get_by_label("Comment").fill("the index was rebuilt")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#decision .pill")).to_have_text("resolved")
    expect(page.locator("#decision")).to_contain_text("by ana")

    write_spans([failure("crm did not answer within 9 s.")])
    page.reload()
    expect(page.locator("#decision .pill")).to_have_text("reopened")
    expect(page.locator("#decision")).to_contain_text("after ana had resolved it")
    expect(page.get_by_label("Comment")).to_have_value("the index was rebuilt")


def test_an_error_is_ignored_and_opened_again_without_leaving_the_page(page, live_server_daphne):
    write_spans([failure()])
    page.goto(f"{live_server_daphne.url}/errors/{ErrorGroup.objects.get().hex}/")
    page.get_by_label("For how long it is ignored").select_option("until 10 more")
    page.get_by_role("button", name="Ignore").click()
    expect(page.locator("#decision")).to_contain_text("until it occurred 11 times")
    page.get_by_role("button", name="Open again").click()
    expect(page.locator("#decision")).to_contain_text("opened again by ana")


def test_the_page_of_an_error_draws_its_course(page, live_server_daphne):
    write_spans([failure() for _ in range(3)])
    page.goto(f"{live_server_daphne.url}/errors/{ErrorGroup.objects.get().hex}/")
    expect(page.locator(".chart .bars path").last).to_be_visible()


def test_spellings_can_be_told_apart_on_a_phone(live_server_daphne, page):
    said = "unknown argument '{}' in the arguments of a tool (did you mean 'customer_identifier'?)"
    write_spans([failure(said.format(name)) for name in ("custmer_identifier", "customer_identifer")])
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{live_server_daphne.url}/errors/{ErrorGroup.objects.get().hex}/")
    cells = page.locator("td.said")
    assert sorted(cells.all_inner_texts()) == [
        said.format("custmer_identifier"),
        said.format("customer_identifer"),
    ]
    assert cells.evaluate_all("all => all.every(each => each.scrollWidth <= each.clientWidth)")
    box = page.locator("[aria-label='How it was said']")
    assert box.evaluate("each => each.scrollWidth <= each.clientWidth")
