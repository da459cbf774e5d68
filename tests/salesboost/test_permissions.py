"""Who may do what: each address as a stranger, as staff without permissions, as each group, and with each key."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, User
from django.test import Client
from django.urls import reverse

from salesboost.groups import GROUPS, ensure_groups, permissions
from salesboost.models import Granted
from tests.salesboost.addresses import operations, patterns, table
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.llm.prompts import live as prompts
from tools.llm.providers import live as providers
from tools.models import Scope, Tool
from tools.selection import live as choice

WANTED = [row for row in table() if row.method != "WS" and row.address.count("{model}") == 0]
PAGES = [row for row in WANTED if not row.address.startswith("/admin/{app")]
PEOPLE = ("stranger", "bare", "viewer", "operator", "admin", "root")
MODEL_PAGES = ("changelist", "add", "change", "delete", "history", "simple_history")


@pytest.fixture
def people(person):
    """By name: a stranger, staff with no permission, one of each group (as staff), and a superuser."""
    return {
        "stranger": AnonymousUser(),
        "bare": person("bare", is_staff=True),
        **{name: person(name, name, is_staff=True) for name in GROUPS},
        "root": person("root", is_staff=True, is_superuser=True),
    }


@pytest.fixture(autouse=True)
def no_thread_stays():
    """Addresses start those that read prompts, deployments and groups of choice."""
    yield
    prompts.stop()
    choice.stop()
    providers.stop()


@pytest.fixture
def no_keys():
    with live.pinned(Snapshot()):
        yield


def browser_of(user):
    browser = Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.7")
    if user.is_authenticated:
        browser.force_login(user)
    return browser


def sent(browser, row, **headers):
    """What the server answers; a body that is no good: whoever may, is told that."""
    return browser.generic(row.method, row.path, b"{}", content_type="application/json", headers=headers)


def is_refused(answer):
    to_login = answer.status_code == 302 and "/login/" in answer.url
    return to_login or answer.status_code in (401, 403)


def may(user, row):
    """What the table says."""
    wants = row.person
    if wants == ("anybody",):
        return True
    if wants == ("–",) or not user.is_authenticated:
        return False
    if wants[0] == "login":
        return True
    if row.address.startswith("/admin/"):
        return user.is_staff and all(user.has_perm(wanted) for wanted in wants if "." in wanted)
    return any(user.has_perm(wanted) for wanted in wants)


@pytest.mark.parametrize("who", PEOPLE)
def test_every_address_lets_in_whom_the_table_says(people, no_keys, who):
    browser, user = browser_of(people[who]), people[who]
    wrong = []
    for row in PAGES:
        if row.path == "/admin/autocomplete/":
            continue  # asks for a model first
        if row.path in ("/logout/", "/admin/logout/"):
            continue  # would end the walk, and leads to the login
        if is_refused(sent(browser, row)) == may(user, row):
            wrong.append((row.method, row.path, row.person))
    assert not wrong


@pytest.mark.parametrize("scopes", [(), *((scope,) for scope in Scope)], ids=str)
def test_every_address_lets_in_the_keys_that_the_table_says(db, scopes):
    key = KeyInfo("robot", "sb_", frozenset(scopes), default_role="coach")
    wrong = []
    with live.pinned(Snapshot(keys={digest("sb_robot"): key})):
        for row in PAGES:
            allowed = row.key in (("key",), ("anybody",)) or bool({str(scope) for scope in scopes} & set(row.key))
            if row.person == ("anybody",):
                continue
            answer = sent(Client(raise_request_exception=False), row, Authorization="Bearer sb_robot")
            if is_refused(answer) == allowed:
                wrong.append((row.method, row.path, row.key, answer.status_code))
    assert not wrong


def test_every_address_is_in_the_table():
    known = {row.address for row in table()}
    missing = [
        address
        for address, name in patterns()
        if address not in known and not is_of_model(address, name) and not address.startswith("/api/v1/")
    ]
    assert not missing


def is_of_model(address, name):
    """Whether it is one of the usual pages of a model in the admin: there Django asks for the model's rights."""
    parts = address.split("/")
    if not address.startswith("/admin/") or len(parts) < 5:
        return False
    app, model = parts[2:4]
    return not name or name in {f"{app}_{model}_{page}" for page in MODEL_PAGES}


def test_every_operation_is_in_the_table():
    known = {(row.method, row.address) for row in table()}
    assert not [each for each in operations() if each not in known]


def test_every_line_of_the_table_is_an_address():
    known = {address for address, _ in patterns()} | {address for _, address in operations()}
    lines = {row.address for row in table() if row.method != "WS"} - {"/api/", "/admin/{app}/{model}/"}
    assert not lines - known


@pytest.mark.parametrize("who", PEOPLE)
def test_the_admin_shows_the_models_that_a_person_may_see(people, who):
    """Django's own rights, on the list of each model; the row of an import or export is no model's."""
    browser, user = browser_of(people[who]), people[who]
    wrong = []
    for model, page in admin.site._registry.items():
        meta = model._meta
        rights = [f"{meta.app_label}.{kind}_{meta.model_name}" for kind in ("view", "change")]
        allowed = user.is_authenticated and user.is_staff and any(map(user.has_perm, rights))
        answer = browser.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))
        if is_refused(answer) == allowed:
            wrong.append((page, answer.status_code))
    assert not wrong


def test_staff_without_permissions_clear_no_cache_and_hold_no_breaker(people, no_keys):
    browser = browser_of(people["bare"])
    hold = browser.post(
        "/api/v1/breakers/crm_integration", {"action": "hold_open"}, content_type="application/json"
    )
    clear = browser.delete("/api/v1/cache")
    assert [hold.status_code, clear.status_code] == [403, 403]
    assert hold.json()["code"] == "missing_permission" and "tools.hold_breaker" in hold.json()["detail"]
    assert "tools.clear_cache" in clear.json()["detail"]


def test_an_operator_holds_a_breaker_and_a_viewer_does_not(people):
    for who, status in (("viewer", 403), ("operator", 200)):
        address = "/api/v1/breakers/crm_integration"
        answer = browser_of(people[who]).post(address, {"action": "hold_open"}, content_type="application/json")
        assert answer.status_code == status
    assert Tool.objects.get(name="crm_integration").breaker_hold == "open"


def test_the_navigation_has_what_one_may_open(people):
    html = browser_of(people["viewer"]).get("/").text
    assert 'href="/incidents/' in html and 'href="/exports/' not in html
    assert 'href="/exports/' in browser_of(people["operator"]).get("/").text


def test_who_may_nothing_is_told_what_is_missing_and_can_leave(people):
    page = browser_of(people["bare"]).get("/")
    assert page.status_code == 403
    assert "telemetry.view_span" in page.text and 'action="/logout/"' in page.text


def test_groups_are_made_once_and_edits_stay(db):
    jane = User.objects.create(username="jane")
    assert ensure_groups() == ["viewer", "operator", "admin"]
    assert jane.groups.get().name == "viewer"
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.set(permissions(["alerts.view_incident"]))
    Group.objects.get(name="operator").delete()
    later = User.objects.create(username="later")
    assert ensure_groups() == ["operator"]
    assert [each.codename for each in viewer.permissions.all()] == ["view_incident"]
    assert not later.groups.exists()


def test_what_a_release_brings_is_given_once_and_what_was_taken_away_stays_away(db, monkeypatch):
    ensure_groups()
    operator = Group.objects.get(name="operator")
    operator.permissions.remove(*permissions(["tools.clear_cache"]))
    monkeypatch.setitem(GROUPS, "operator", (*GROUPS["operator"], "cost.view_price"))
    ensure_groups()
    held = {each.codename for each in operator.permissions.all()}
    assert "view_price" in held and "clear_cache" not in held
    operator.permissions.remove(*permissions(["cost.view_price"]))
    ensure_groups()
    assert not operator.permissions.filter(codename="view_price").exists()
    admin = Group.objects.get(name="admin")
    Granted.objects.filter(group="admin", permission="cost.add_price").delete()  # as if it were new
    admin.permissions.remove(*permissions(["cost.add_price"]))
    ensure_groups()
    assert admin.permissions.filter(codename="add_price").exists()


def test_a_group_of_before_anybody_remembered_is_given_nothing(db):
    ensure_groups()
    operator = Group.objects.get(name="operator")
    operator.permissions.clear()
    Granted.objects.all().delete()
    ensure_groups()
    ensure_groups()
    assert not operator.permissions.exists()


def test_starting_again_asks_little(db, django_assert_max_num_queries):
    ensure_groups()
    with django_assert_max_num_queries(8):
        ensure_groups()


def test_the_sidebar_shows_what_one_may_open(people):
    for name in ("viewer", "operator", "admin"):
        browser = browser_of(people[name])
        page = browser.get(reverse("admin:index")).content.decode()
        links = set(re.findall(r'href="(/admin/\w+/\w+/)"', page))
        assert [link for link in sorted(links) if browser.get(link).status_code != 200] == []
        assert ("/admin/tools/apikey/" in links) == (name == "admin")
        assert ("/admin/evolution/deed/" in links) == (name != "viewer")


def test_each_group_may_what_the_one_before_it_may(db):
    ensure_groups()
    held = [set(Group.objects.get(name=name).permissions.values_list("pk", flat=True)) for name in GROUPS]
    assert held[0] < held[1] < held[2]
    assert not Group.objects.get(name="operator").permissions.filter(content_type__app_label="auth").exists()


def test_a_permission_that_is_misspelt_is_named(db):
    with pytest.raises(LookupError, match=r"tools\.fly"):
        permissions(["tools.fly"])
