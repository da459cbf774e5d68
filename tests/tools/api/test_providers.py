"""Deployments over REST: what they can, whether they rest, what they have spent, and never a key."""

from datetime import date
from decimal import Decimal

import pytest

from telemetry.health import model_calls
from tools.api.providers import Providers
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.calling import Deployment
from tools.llm.providers import live
from tools.llm.providers.endings import Ending
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Entry
from tools.llm.routing.budget import Budget, Cost
from tools.llm.routing.health import Health
from tools.running import runtime

KEY = "sk-secret-of-ours"


def known(name, **about):
    key = about.pop("key", KEY)
    where = Deployment(
        name=name,
        provider="openai",
        model="gpt-5",
        base_url="https://secret.internal/v1",
        key=key,
        can=Capabilities(api="responses", efforts=("low", "high")),
    )
    fields = {"budget": Budget.of_deployment(name), "ending": Ending(None), **about}
    return Known(deployment=where, **fields)


SOL = known(
    "sol",
    budget=Budget.of_deployment("sol", Decimal("5"), 1_000),
    ending=Ending(date(2026, 11, 30), "gpt-6.1-sol"),
)
OFF = known("off", key="", enabled=False, lacks="The deployment off is switched off: switch it on in the admin.")
ENTRIES = (Entry(deployment=SOL.deployment, rank=1, weight=2.0), Entry(deployment=OFF.deployment))


def calls_lately(models):
    """As ``settings.MODEL_CALLS`` names it, of the models that are asked for."""
    assert models == {("openai", "gpt-5")}
    errors = {"server": 9}
    return {"sol": model_calls.Lately(now=model_calls.Figures(calls=10, errors=errors))}


def nothing(models):
    return None


@pytest.fixture
def providers(settings):
    settings.MODEL_CALLS = f"{__name__}.nothing"
    with live.pinned(Snapshot({"off": OFF, "sol": SOL}, {"chat": ENTRIES})):
        yield


async def listed(api):
    response = await api.get("/api/v1/providers")
    assert response.status_code == 200
    assert "sk-secret" not in response.content.decode() and "secret.internal" not in response.content.decode()
    document = response.json()
    assert Providers.model_validate(document).model_dump() == document
    return {each["name"]: each for each in document["deployments"]}, document["routes"]


async def test_each_deployment_is_listed_as_it_stands(api, providers):
    deployments, routes = await listed(api)
    sol = deployments["sol"]
    assert (sol["provider"], sol["model"], sol["api"]) == ("openai", "gpt-5", "responses")
    assert sol["capabilities"]["efforts"] == ["low", "high"] and sol["capabilities"]["context_tokens"] == 128_000
    assert (sol["has_key"], sol["enabled"], sol["lacks"], sol["routes"]) == (True, True, None, ["chat"])
    assert (sol["shutdown_on"], sol["ends_soon"], sol["successor"]) == ("2026-11-30", True, "gpt-6.1-sol")
    off = deployments["off"]
    assert (off["has_key"], off["enabled"], off["shutdown_on"], off["ends_soon"]) == (False, False, None, False)
    assert off["lacks"].startswith("The deployment off is switched off")
    assert routes == [
        {
            "name": "chat",
            "deployments": [
                {"deployment": "sol", "rank": 1, "weight": 2.0, "rate": None},
                {"deployment": "off", "rank": 0, "weight": 1.0, "rate": None},
            ],
        }
    ]


async def test_each_has_a_score_of_what_its_calls_came_to_lately(api, providers, settings):
    settings.MODEL_CALLS = f"{__name__}.calls_lately"
    deployments, _ = await listed(api)
    told = deployments["sol"]["health"]
    words = [reason["reason"] for reason in told["reasons"]]
    assert told["score"] == max(0, 100 - sum(reason["points"] for reason in told["reasons"])) < 60
    assert any(text == "9 of 10 requests of the last 15 minutes failed by its own fault." for text in words)
    assert any("has ended on 2026-11-30" in text or "ends on 2026-11-30" in text for text in words)
    assert deployments["off"]["health"]["score"] is None


async def test_where_calls_cannot_be_read_deployments_are_listed_all_the_same(api, providers):
    deployments, _ = await listed(api)
    assert deployments["sol"]["health"]["score"] is not None  # its model ends
    assert deployments["off"]["health"]["reasons"][0]["reason"].startswith("The deployment off is switched off")


async def test_what_was_spent_today_stands_beside_the_budget(api, providers, executor):
    for spent in SOL.budget.spent(Cost(parts=1_250_000, tokens=300)):
        executor.reporter.add(spent)
    await executor.flush()
    deployments, _ = await listed(api)
    told = deployments["sol"]["budget"]
    assert (told["usd"], told["tokens"], told["spent_usd"], told["spent_tokens"]) == (5.0, 1_000, 1.25, 300)
    assert told["resets_at"].endswith("T00:00:00+00:00")
    assert deployments["off"]["budget"]["usd"] is None and deployments["off"]["budget"]["spent_usd"] == 0


async def test_one_that_rests_is_told_with_its_rest(api, providers, executor):
    health = Health(runtime.get_executor().state, executor.reporter)
    entry = ENTRIES[0]
    admission = await health.admitted(entry)
    health.failed(entry, admission, ModelError(ErrorKind.AUTHENTICATION, "no"), 0.1)
    await executor.flush()
    deployments, _ = await listed(api)
    assert (deployments["sol"]["breaker"], deployments["off"]["breaker"]) == ("open", "closed")
    assert 290 < deployments["sol"]["rest_s"] <= 300


async def test_money_is_for_those_who_may_read(api_as, providers):
    for plain, sees in (("sb_execute", False), ("sb_reader", True)):
        deployments, _ = await listed(api_as(plain))
        assert (deployments["sol"]["budget"] is not None) is sees


async def test_strangers_are_refused(api_as, providers):
    assert (await api_as("").get("/api/v1/providers")).status_code == 401
    assert (await api_as().get("/api/v1/providers?x=1")).status_code == 400
