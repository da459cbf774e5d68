"""Admins edit tools and make keys; each edit keeps its history and acts at once."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tools.decisions import live
from tools.decisions.keys import create_key, digest
from tools.decisions.rows import ensure_rows
from tools.models import ApiKey, Tool
from tools.running.runtime import get_executor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    yield client
    live.stop()


@pytest.fixture
def crm(boss):
    boss.get(reverse("admin:tools_tool_changelist"))
    return Tool.objects.get(name="crm_integration")


def change(client, tool, **values):
    blank = {
        "enabled": "",
        "description": "",
        "roles": "",
        "timeout_s": "",
        "retries": "",
        "rate": "",
        "cache_ttl_s": "",
    }
    return client.post(reverse("admin:tools_tool_change", args=[tool.pk]), {**blank, **values})


def text_of(response):
    return re.sub(r"<[^>]+>", " ", response.content.decode()).replace("&#x27;", "'")


def policy_of(name):
    return live.policy(get_executor().registry.get(name))


def test_every_tool_has_a_row_with_what_holds_for_it_now(boss, django_assert_num_queries):
    boss.get(reverse("admin:tools_tool_changelist"))
    assert set(Tool.objects.values_list("name", flat=True)) == set(get_executor().registry.names())
    page = text_of(boss.get(reverse("admin:tools_tool_changelist")))
    assert "5/min" in page


def test_rows_are_made_once():
    assert ensure_rows(get_executor().registry) == len(get_executor().registry)
    assert ensure_rows(get_executor().registry) == 0


def test_the_form_shows_the_code_default_beside_each_field(boss, crm):
    page = text_of(boss.get(reverse("admin:tools_tool_change", args=[crm.pk])))
    assert "In code: 5/min" in page
    assert "In code: coach" in page


def test_an_edit_acts_at_once_and_keeps_who_and_what(boss, crm):
    assert change(boss, crm, rate="100/min", enabled="True", timeout_s="7.5").status_code == 302
    assert str(policy_of("crm_integration").rate) == "100/min"
    newest, oldest = crm.history.all()
    assert newest.history_user.username == "boss"
    assert {edit.field: (edit.old, edit.new) for edit in newest.diff_against(oldest).changes} == {
        "rate": ("", "100/min"),
        "enabled": (None, True),
        "timeout_s": (None, 7.5),
    }
    history = text_of(boss.get(reverse("admin:tools_tool_history", args=[crm.pk])))
    assert "100/min" in history
    assert "boss" in history


def test_saving_an_untouched_form_does_not_open_the_tool_to_every_role(boss, crm):
    before = policy_of("crm_integration").roles
    change(boss, crm)
    assert policy_of("crm_integration").roles == before == {"coach"}


def test_a_tool_is_switched_off_and_reset_to_its_code(boss, crm):
    change(boss, crm, enabled="False", roles="coach, guest", rate="unlimited")
    edited = policy_of("crm_integration")
    assert (edited.enabled, edited.roles, edited.rate) == (False, {"coach", "guest"}, None)
    boss.post(reverse("admin:tools_tool_changelist"), {"action": "reset", "_selected_action": [crm.pk]})
    assert policy_of("crm_integration") == get_executor().registry.get("crm_integration").policy
    assert crm.history.count() == 3


def test_a_wrong_rate_is_answered_with_one_clear_sentence(boss, crm):
    page = text_of(change(boss, crm, rate="often"))
    assert "'often' is not a rate: write a number and a unit, such as '10/min' or '20/hour'" in page
    assert Tool.objects.get(pk=crm.pk).rate == ""


def test_hedging_is_refused_for_a_tool_that_is_not_idempotent(boss, crm):
    page = text_of(change(boss, crm, hedge_after_s="1"))
    assert "Only a tool whose code says idempotent=True may be hedged" in page
    assert Tool.objects.get(pk=crm.pk).hedge_after_s is None


def add_key(client, **values):
    given = {"name": "robot", "scopes": ["execute"], "roles": "", "default_role": "coach"}
    return client.post(reverse("admin:tools_apikey_add"), {**given, **values}, follow=True)


def test_a_new_key_is_shown_once_and_works(boss):
    response = add_key(boss)
    plain = re.search(r"sb_[A-Za-z0-9_-]{43}", response.content.decode())[0]
    assert "no-store" in response.headers["Cache-Control"]
    key = ApiKey.objects.get(hash=digest(plain))
    assert live.key(digest(plain)).scopes == {"execute"}
    pages = ("admin:tools_apikey_changelist", []), ("admin:tools_apikey_change", [key.pk])
    for name, arguments in (*pages, ("admin:tools_apikey_history", [key.pk])):
        page = boss.get(reverse(name, args=arguments)).content.decode()
        assert plain not in page
        assert key.hash not in page


def test_a_key_is_edited_without_becoming_another(boss):
    add_key(boss)
    key = ApiKey.objects.get()
    boss.post(
        reverse("admin:tools_apikey_change", args=[key.pk]),
        {"name": "robot", "scopes": ["read"], "roles": "rag", "default_role": "rag"},
    )
    after = ApiKey.objects.get()
    assert (after.hash, after.scopes, after.roles, after.default_role) == (key.hash, ["read"], ["rag"], "rag")


def test_a_key_that_sends_spans_is_bound_to_services_and_its_history_says_so(boss):
    add_key(boss, scopes=["ingest"], services="shop, billing")
    key = ApiKey.objects.get()
    assert key.services == ["shop", "billing"]
    assert live.key(key.hash).services == {"shop", "billing"}
    assert key.history.get().services == ["shop", "billing"]


def test_a_key_that_sends_no_spans_is_not_bound_to_services(boss):
    page = add_key(boss, scopes=["execute"], services="shop").content.decode()
    assert "Only a key with the scope ingest sends spans: leave this empty." in page
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_and_stays_in_the_list(boss):
    key, plain = create_key("leaked")
    boss.post(reverse("admin:tools_apikey_changelist"), {"action": "revoke", "_selected_action": [key.pk]})
    assert live.key(digest(plain)) is None
    assert "revoked" in text_of(boss.get(reverse("admin:tools_apikey_changelist")))


def test_lists_ask_no_more_for_many_rows_than_for_one(boss, django_assert_max_num_queries):
    address = reverse("admin:tools_apikey_changelist")
    create_key("one")
    boss.get(address)
    with django_assert_max_num_queries(12) as few:
        boss.get(address)
    for number in range(20):
        create_key(f"key {number}")
    with django_assert_max_num_queries(12) as many:
        boss.get(address)
    assert len(many) == len(few)


def test_the_sidebar_leads_to_pages_that_exist(boss):
    page = boss.get(reverse("admin:index")).content.decode()
    links = set(re.findall(r'href="(/admin/\w+/\w+/)"', page))
    assert len(links) > 15
    assert [link for link in sorted(links) if boss.get(link).status_code != 200] == []


def test_people_can_be_added_in_the_admin(boss):
    given = {
        "username": "ana",
        "usable_password": "true",
        "password1": "a long pass word",
        "password2": "a long pass word",
    }
    response = boss.post(reverse("admin:auth_user_add"), given)
    assert response.status_code == 302
    assert User.objects.filter(username="ana").exists()
