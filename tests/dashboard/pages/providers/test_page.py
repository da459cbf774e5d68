"""The page of deployments, from stored spans and shared state."""

import re

import pytest

from dashboard.live.pages import Watch, render
from telemetry.cost import book
from tests.dashboard.builders import store_calls
from tests.dashboard.pages.providers.deployments import FLASH, SOL, in_days, known, store_requests
from tests.telemetry.cost.builders import enter
from tools.definition.policy import BreakerPolicy
from tools.llm.providers import live
from tools.llm.providers.models import Deployment, Model
from tools.llm.providers.snapshot import Snapshot
from tools.llm.routing import Entry
from tools.llm.routing.budget import Cost
from tools.running.runtime import get_executor
from tools.state.base import Decided

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployments():
    """``deployments(known, …)``: what this process knows from now on."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def pin(*these):
            found = {each.name: each for each in these}
            entries = tuple(Entry(deployment=each.deployment) for each in these)
            stack.enter_context(live.pinned(Snapshot(found, {"chat": entries} if entries else {})))

        pin()
        yield pin


@pytest.fixture(autouse=True)
def prices(db):
    book.forget()
    enter("1", provider="openai", model="gpt-6-sol")
    yield
    book.forget()


def text(response):
    plain = re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u202f", " ").replace("&#x27;", "'")
    return re.sub(r"\s+", " ", plain.replace("&#8239;", " "))


def test_the_page_is_behind_the_login(client):
    assert client.get("/providers/").status_code == 302


def test_an_empty_page_teaches(signed_in, deployments):
    said = text(signed_in.get("/providers/"))
    assert "There is no deployment yet." in said and "No deployment can be asked" in said


def test_each_deployment_stands_there_with_its_requests_and_its_calls(signed_in, deployments):
    deployments(known("sol"), known("flash", FLASH))
    store_requests(good=30)
    store_requests("flash", FLASH, good=3, bad=1, reason="sol: rate_limit")
    store_calls(good=27, bad=3, provider=SOL[0], model=SOL[1], prompt_version="coach@3")
    page = signed_in.get("/providers/")
    said = text(page)
    assert "sk-secret" not in page.content.decode() and "secret.internal" not in page.content.decode()
    assert "sol openai · gpt-6-sol · in chat answers 100 of 100" in said
    assert "sol 30 0 0 % 0 – 11.4 400 ms 400 ms 1,200 ms 1,200 ms 0 4" in said
    # Of four requests no share is stated.
    assert "flash 4 1 – 4.6 – 69.9 400 ms 400 ms 1,200 ms 1,200 ms 4 0 1 timeout" in said
    assert "crm_integration coach@3 openai · gpt-6-sol" in said
    assert "90.0 % 74.4 – 96.5 30" in said
    # 30 requests of a million tokens at a dollar, and 27 calls that succeeded.
    assert "openai · gpt-6-sol sol at risk 90.0 % 74.4 – 96.5 30 $30.00 $1.11" in said
    assert "gemini · gemini-3.8-flash flash no calls – – 0 not priced –" in said
    assert "All deployments that were asked are well 2 asked" in said


def test_a_deployment_that_is_no_more_keeps_its_requests(signed_in, deployments):
    deployments(known("sol"))
    store_requests("of-before", good=2)
    assert "of-before 2 0" in text(signed_in.get("/providers/"))


@pytest.mark.parametrize(
    ("about", "state"),
    [
        ({"enabled": False, "lacks": "The deployment sol is switched off: switch it on."}, "switched off"),
        ({"lacks": "The deployment sol has no key: store one."}, "no key"),
        ({}, "not asked"),
    ],
)
def test_what_keeps_one_from_being_asked_is_its_state(signed_in, deployments, about, state):
    deployments(known("sol", **about))
    said = text(signed_in.get("/providers/"))
    assert f"in chat {state}" in said
    assert about.get("lacks", "It was not asked in the last 15 minutes.") in said


def test_one_that_rests_says_until_when(signed_in, deployments):
    sol = known("resting")
    deployments(sol)
    executor = get_executor()
    policy = BreakerPolicy(cooldown_s=60.0)
    executor.reporter.add(Decided("model:resting", True, policy))
    settle(executor)
    try:
        said = text(signed_in.get("/providers/"))
        assert re.search(r"rests until \d\d:\d\d:\d\d 20 of 100 It rests for \d\d s more, as it failed. ", said)
        assert "resting of 1 deployment: It rests for" in said
    finally:
        executor.reporter.add(Decided("model:resting", False, policy))
        settle(executor)


def test_a_budget_that_is_used_up_is_its_state(signed_in, deployments):
    sol = known("spender", usd="5", tokens=1_000)
    deployments(sol)
    executor = get_executor()
    for spent in sol.budget.spent(Cost(parts=5_000_000, tokens=300)):
        executor.reporter.add(spent)
    settle(executor)
    said = text(signed_in.get("/providers/"))
    assert "budget used up 0 of 100 Its budget for today is used up, until midnight UTC." in said
    assert "$5.00, 300 tokens of $5.00 and 1,000 tokens" in said


def test_a_model_that_ends_within_30_days_is_warned_of(signed_in, deployments):
    deployments(known("sol", ends=in_days(10)), known("old", FLASH, ends=in_days(60)))
    store_requests(good=30)
    page = signed_in.get("/providers/")
    warned = r"sol of 2 deployments: Its model ends on [\d-]+, in 10 days: choose gpt-7 instead"
    assert re.search(warned, text(page))
    assert page.content.decode().count('<span class="pill warn">ends on') == 1


def test_one_that_fails_is_ill_and_says_why(signed_in, deployments):
    deployments(known("sol"))
    store_requests(bad=40)
    said = text(signed_in.get("/providers/"))
    assert "fails 9 of 100 40 of 40 requests of the last 15 minutes failed by its own fault." in said
    assert "40 40 100 % 91.2 – 100" in said and "40 timeout" in said


def test_its_name_leads_to_the_admin(signed_in, admin_client, deployments):
    model = Model.objects.create(
        provider="openai", name="gpt-6-sol", api="responses", source="page", checked_on=in_days(0)
    )
    made = Deployment.objects.create(name="sol", model=model, base_url="https://api.openai.com/v1")
    deployments(known("sol"))
    address = f"/admin/providers/deployment/{made.pk}/change/"
    assert address in signed_in.get("/providers/").content.decode()
    assert admin_client.get(address).status_code == 200


def test_a_number_of_requests_leads_to_them(signed_in, deployments):
    deployments(known("sol"))
    store_requests(good=3)
    store_requests("flash", FLASH, good=2)
    href = re.search(r'href="(/traces/\?q=attr[^"]+)"', signed_in.get("/providers/").content.decode())
    found = signed_in.get(href[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
    assert len(set(re.findall(r"span=([0-9a-f]{16})", found))) == 3


def test_the_page_takes_the_same_few_queries_however_much_there_is(
    signed_in, deployments, django_assert_num_queries
):
    deployments(*(known(f"sol-{n}", ("openai", f"gpt-{n}")) for n in range(12)))
    for n in range(12):
        store_requests(f"sol-{n}", ("openai", f"gpt-{n}"), good=5)
        store_calls(good=5, provider="openai", model=f"gpt-{n}", prompt_version=f"coach@{n}")
    signed_in.get("/providers/")
    # Session, user, since when there are records; two of model calls, in a savepoint with limits that are put
    # back; the keys in the admin; three of rollups.
    with django_assert_num_queries(14):
        signed_in.get("/providers/")


def test_what_is_pushed_is_the_page(deployments):
    deployments(known("sol"))
    store_requests(good=30)
    parts = render(Watch.from_query({"page": "providers", "period": "24h"}))
    assert set(parts) == {"pulse", "verdict", "deployments", "requests", "models", "tools"}
    assert "100 of 100" in parts["deployments"] and "All deployments that were asked are well" in parts["verdict"]


def settle(executor):
    from asgiref.sync import async_to_sync

    async_to_sync(executor.flush)()
