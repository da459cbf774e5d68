"""Admins open, close and hold breakers, by REST and in the admin: for every process, and on record."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import AsyncClient
from django.urls import reverse

from dashboard.queries.edits import changes
from salesboost.services import wait_until
from tools import breakers
from tools.breakers import Action
from tools.decisions import live
from tools.decisions.keys import create_key
from tools.errors import BreakerOpen, ReturnedFailure, UnknownTool
from tools.models import Scope, Tool
from tools.process.background import BackgroundLoop
from tools.running.executor import build_state
from tools.running.runtime import get_executor
from tools.state.base import BreakerState

pytestmark = pytest.mark.django_db(transaction=True)
CRM = "crm_integration"


@pytest.fixture(autouse=True)
def closed_again():
    live.start()
    yield
    breakers.act(CRM, Action.CLOSE)
    live.stop()


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def another_process():
    """Shared state as another process has it: with ears of its own."""
    background = BackgroundLoop("another process")
    state = build_state(background)
    state.breaker_state(CRM)  # the first use begins to listen
    yield state
    background.stop()


def read_crm():
    payload = {"action": "read", "customer_id": "CUST404"}
    return get_executor().execute_sync(name=CRM, payload=payload, caller_role="coach")


def choose(boss, action):
    ids = [Tool.objects.get_or_create(name=CRM)[0].pk]
    return boss.post(
        reverse("admin:tools_tool_changelist"), {"action": action, "_selected_action": ids}, follow=True
    )


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_breaker_that_an_admin_opens_is_heard_of_by_every_process_at_once(boss, another_process):
    choose(boss, "open_now")
    assert wait_until(lambda: another_process.breaker_state(CRM) is BreakerState.OPEN, 5)
    with pytest.raises(BreakerOpen, match="try again in"):
        read_crm()
    choose(boss, "close_now")
    assert wait_until(lambda: another_process.breaker_state(CRM) is BreakerState.CLOSED, 5)
    with pytest.raises(ReturnedFailure):
        read_crm()


def test_a_breaker_held_open_refuses_and_says_who_can_help(boss):
    choose(boss, "hold_open")
    with pytest.raises(BreakerOpen, match="An admin holds the breaker") as caught:
        read_crm()
    assert (caught.value.code, caught.value.retryable) == ("breaker_held_open", False)
    choose(boss, "let_go")
    with pytest.raises(ReturnedFailure):
        read_crm()


def test_a_breaker_held_closed_lets_calls_through_while_the_tool_rests(boss):
    choose(boss, "open_now")
    choose(boss, "hold_closed")
    with pytest.raises(ReturnedFailure):
        read_crm()
    status = breakers.statuses()[CRM]
    assert (status.state, status.counted) == (BreakerState.HELD_CLOSED, BreakerState.OPEN)


def test_the_tools_history_keeps_who_did_it(boss):
    for action in ("open_now", "hold_open"):
        choose(boss, action)
    history = Tool.objects.get(name=CRM).history.all()[:2]
    assert [(record.history_change_reason, record.history_user.username) for record in history] == [
        ("breaker held open", "boss"),
        ("breaker opened", "boss"),
    ]


def test_what_was_done_by_hand_stands_among_the_edits_on_the_pages(boss):
    for action in ("open_now", "hold_closed"):
        choose(boss, action)
    edits = changes(Tool.objects.get(name=CRM).history.all())
    assert [edit.text for edit in edits][-2:] == [
        f"{CRM}: breaker opened, by boss",
        f"{CRM}: breaker default → held closed, by boss",
    ]


def test_the_list_shows_each_breaker_with_the_rest_that_is_left(boss):
    assert re.search(r"open, \d+ s left", text_of(choose(boss, "open_now")))
    assert "held closed" in text_of(choose(boss, "hold_closed"))


async def rest(method, path, body=None, scope=Scope.MANAGE):
    _, plain = await sync_to_async(create_key)(f"ops {scope}", [scope])
    await sync_to_async(live.refresh)()
    send = getattr(AsyncClient(raise_request_exception=False), method)
    return await send(path, body, content_type="application/json", headers={"Authorization": f"Bearer {plain}"})


async def test_rest_opens_a_breaker_and_the_history_names_the_key():
    answer = await rest("post", f"/api/v1/breakers/{CRM}", {"action": "open"})
    assert (answer.status_code, answer.json()["state"]) == (200, "open")
    assert answer.json()["rest_s"] > 0
    newest = await (await Tool.objects.aget(name=CRM)).history.afirst()
    assert newest.history_change_reason == "breaker opened by key ops manage"


async def test_rest_lists_every_breaker():
    breakers_now = (await rest("get", "/api/v1/breakers", scope=Scope.READ)).json()["breakers"]
    assert {row["tool"] for row in breakers_now} == set(get_executor().registry.names())


async def test_rest_holds_a_breaker_and_the_health_of_tools_shows_it():
    answer = await rest("post", f"/api/v1/breakers/{CRM}", {"action": "hold_open"})
    assert answer.json()["state"] == "held_open"
    health = (await rest("get", f"/health/tools/{CRM}", scope=Scope.READ)).json()
    assert (health["breaker"], health["status"]) == ("held_open", "unhealthy")


async def test_a_key_that_may_not_manage_changes_no_breaker():
    answer = await rest("post", f"/api/v1/breakers/{CRM}", {"action": "open"}, scope=Scope.EXECUTE)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


async def test_an_action_that_there_is_not_is_refused_with_those_that_there_are():
    answer = await rest("post", f"/api/v1/breakers/{CRM}", {"action": "explode"})
    assert answer.status_code == 400
    assert "hold_open" in answer.json()["detail"]


def test_a_tool_that_there_is_not_has_no_breaker():
    with pytest.raises(UnknownTool):
        breakers.act("crm_integraton", Action.OPEN)
