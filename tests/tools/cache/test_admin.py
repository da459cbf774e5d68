"""The admin's page "Cache", and the edits that drop results."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from tests.dashboard.figures import rates, without_base, without_window
from tools.decisions import live
from tools.decisions.rows import ensure_rows
from tools.models import Tool
from tools.running.runtime import get_executor
from tools.state.base import Look, Looked

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/tools/tool/cache/"


@pytest.fixture
def kept():
    """One result of the price calculator is kept, and has been read; how many are kept now."""
    state = get_executor().state
    look = ("price_calculator", "k" * 64)
    async_to_sync(state.cache_drop)(["*"])
    async_to_sync(state.report)([Looked(*look, Look.MISS, b"1", 60)])
    async_to_sync(state.report)([Looked(*look, Look.HIT)])
    yield lambda: async_to_sync(state.cache_statistics)()["size"]
    async_to_sync(state.cache_drop)(["*"])
    live.stop()


def staff(client, *permissions):
    user = User.objects.create_user("ann", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def test_the_page_shows_what_the_cache_saves_and_what_is_read_most(admin_client, kept):
    page = admin_client.get(PAGE).content.decode()
    assert "price_calculator" in page
    assert len(rates(page)) >= 2  # of all tools, of this one, and of those that other tests called
    assert without_window(page) == without_base(page) == []
    assert "kkkkkkkkkkkk…" in page
    assert reverse("admin:tools_cache_changelist") == PAGE


@pytest.mark.parametrize("name", ["*", "price_calculator"])
def test_clearing_asks_first_and_then_forgets(admin_client, kept, name):
    asked = admin_client.post(PAGE, {"clear": name})
    assert (asked.status_code, kept()) == (200, 1)
    done = admin_client.post(PAGE, {"clear": name, "confirmed": "yes"}, follow=True)
    assert "1 kept result" in done.content.decode()
    assert kept() == 0


def test_a_tool_that_does_not_exist_clears_nothing(admin_client, kept):
    done = admin_client.post(PAGE, {"clear": "cube", "confirmed": "yes"}, follow=True)
    assert "no such tool" in done.content.decode()
    assert kept() == 1


def test_whoever_may_only_look_sees_no_buttons_and_clears_nothing(client, kept):
    ann = staff(client, "view_tool")
    assert b'name="clear"' not in ann.get(PAGE).content
    assert ann.post(PAGE, {"clear": "*", "confirmed": "yes"}).status_code == 403
    assert kept() == 1


def test_whoever_may_not_see_tools_does_not_see_the_page(client, kept):
    assert staff(client).get(PAGE).status_code == 403


def test_an_edit_of_a_tools_cache_forgets_what_it_kept(admin_client, kept):
    ensure_rows(get_executor().registry)
    tool = Tool.objects.get(name="price_calculator")
    address = reverse("admin:tools_tool_change", args=[tool.pk])
    fields = {"rate": "", "caller_rate": "", "roles": "", "description": "", "enabled": "", "breaker_hold": ""}
    assert admin_client.post(address, {**fields, "rate": "5/s"}).status_code == 302
    assert kept() == 1
    assert admin_client.post(address, {**fields, "rate": "5/s", "cache_ttl_s": "10"}).status_code == 302
    assert kept() == 0


def test_an_edited_price_forgets_the_quotes(admin_client, kept):
    address = reverse("admin:pricing_currency_add")
    answer = admin_client.post(address, {"code": "CHF", "name": "Swiss franc", "minor_units": "2"})
    assert (answer.status_code, kept()) == (302, 0)


def test_the_sidebar_marks_this_page_and_no_other(rf):
    from django.urls import resolve

    from salesboost.admin_sidebar import GROUPS, is_here

    request = rf.get(PAGE)
    request.resolver_match = resolve(PAGE)
    entries = [model for group in GROUPS.values() for _, _, model in group]
    assert [model for model in entries if is_here(model, request)] == ["tools_cache"]
