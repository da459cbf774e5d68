"""The admin in a real browser under its Content-Security-Policy: every model's pages, and what its theme does."""

import httpx
import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from telemetry.alerts.models import Route, Rule
from tools.models import Tool

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => window.violations.push(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture
def operator_session(transactional_db):
    """The session key of an admin."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", password="correct horse battery"))
    return str(client.session.session_key)


@pytest.fixture
def admin_page(page):
    page.add_init_script(VIOLATIONS)
    return page


def assert_no_violation(page):
    assert page.evaluate("window.violations") == [], page.url


def test_every_list_and_every_form_keeps_to_the_policy(admin_page):
    Tool.objects.create(name="crm_integration")
    for model, options in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        admin_page.goto(reverse(f"admin:{name}_changelist"))
        assert_no_violation(admin_page)
        if options.has_add_permission.__func__ is admin.ModelAdmin.has_add_permission:
            answer = admin_page.goto(reverse(f"admin:{name}_add"))
            assert answer.status == 200, name
            assert_no_violation(admin_page)
        found = model._default_manager.first()
        if found is not None:
            admin_page.goto(reverse(f"admin:{name}_change", args=[found.pk]))
            assert_no_violation(admin_page)


def test_a_tool_is_edited_and_its_history_looked_at(live_server_daphne, admin_page):
    live_server_daphne.stop()  # it remembers content types, which the last test has emptied
    live_server_daphne.start()
    tool = Tool.objects.create(name="crm_integration")
    admin_page.goto(reverse("admin:tools_tool_change", args=[tool.pk]))
    admin_page.fill("[name=timeout_s]", "7")
    admin_page.get_by_role("button", name="Save", exact=True).first.click()
    expect(admin_page.get_by_text("was changed successfully")).to_be_visible()
    assert_no_violation(admin_page)
    tool.refresh_from_db()
    assert tool.timeout_s == 7
    admin_page.goto(reverse("admin:tools_tool_history", args=[tool.pk]))
    assert_no_violation(admin_page)


def test_the_theme_is_switched_and_menus_open(admin_page):
    """What Alpine does: it evaluates the expressions in the theme's templates."""
    admin_page.goto(reverse("admin:index"))
    before = admin_page.evaluate("document.documentElement.classList.contains('dark')")
    admin_page.locator("[x-on\\:click^=openUserLinks]").click()
    admin_page.locator(f"[x-on\\:click*={'light' if before else 'dark'}]:visible").first.click()
    admin_page.wait_for_function(
        f"document.documentElement.classList.contains('dark') === {str(not before).lower()}"
    )
    assert_no_violation(admin_page)


@pytest.mark.parametrize("model", [Rule, Route])
def test_forms_with_structured_fields_work(admin_page, model):
    admin_page.goto(reverse(f"admin:alerts_{model._meta.model_name}_add"))
    expect(admin_page.get_by_role("button", name="Save", exact=True).first).to_be_visible()
    assert_no_violation(admin_page)


def test_a_script_that_somebody_got_into_a_page_does_not_run(admin_page, refused):
    admin_page.goto(reverse("admin:index"))
    image = '<img src="data:image/png;base64,AAAA" onerror="window.ran = 1">'
    admin_page.evaluate("image => document.body.insertAdjacentHTML('beforeend', image)", image)
    admin_page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    admin_page.wait_for_function("window.violations.length >= 2")
    assert admin_page.evaluate("window.ran") is None


@pytest.fixture
def refused(console_errors):
    yield
    console_errors.clear()


def test_the_policy_of_the_admin_is_that_of_the_site_and_evaluation(live_server_daphne):
    def policy(path):
        header = httpx.get(live_server_daphne.url + path).headers["Content-Security-Policy"]
        return dict(part.strip().split(" ", 1) for part in header.split(";"))

    site, theirs = policy("/login/"), policy("/admin/login/")
    assert "'unsafe-eval'" not in site["script-src"] and "'unsafe-inline'" not in site["script-src"]
    assert "'unsafe-inline'" not in theirs["script-src"]
    assert theirs.pop("script-src") == "'self' 'unsafe-eval'"
    assert {**site, "script-src": ""} == {**theirs, "script-src": ""}
