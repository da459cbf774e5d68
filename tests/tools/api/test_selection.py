"""Choice over REST."""

import secrets

import pytest

from tools.selection import live
from tools.selection.group import Group
from tools.selection.models import LoggedDecision
from tools.selection.process import get_tool_selector, shutdown

pytestmark = pytest.mark.django_db(transaction=True)


NOBODYS = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(autouse=True)
def choice(settings):
    settings.TOOL_BANDIT_ENABLED = True
    settings.TOOL_BANDIT_REDIS_KEY = f"tests:choice:{secrets.token_hex(6)}"
    shutdown()
    with live.pinned({"retrievers": Group(name="retrievers", members=("double", "rarely"))}):
        yield
        shutdown()


async def test_a_choice_and_its_feedback(api):
    chosen = await api.post("/api/v1/selection/choose", {"group": "retrievers"}, content_type="application/json")
    assert chosen.status_code == 200
    body = chosen.json()
    assert body["member"] in ("double", "rarely") and body["propensity"] == body["probabilities"][body["member"]]
    told = {"decision_id": body["decision_id"], "success": True, "latency_ms": 20, "cost_usd": 0.01}
    first = await api.post("/api/v1/selection/feedback", told, content_type="application/json")
    assert (first.status_code, first.json()) == (200, {"decision_id": body["decision_id"], "counted": True})
    again = await api.post("/api/v1/selection/feedback", told, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "feedback_not_counted")
    await get_tool_selector().flush()
    assert (await LoggedDecision.objects.aget()).cost_usd == 0.01
    one = (await api.get("/api/v1/selection/retrievers")).json()
    assert one["best"] == body["member"] and one["shared"] and one["enabled"]
    assert {each["name"]: each["mean_reward"] for each in one["members"]}[body["member"]] == 1.0
    listed = (await api.get("/api/v1/selection")).json()
    assert [group["name"] for group in listed["groups"]] == ["retrievers"]


@pytest.mark.parametrize(
    "path, body, status, code",
    [
        ("choose", {"group": "nobody"}, 404, "unknown_group"),
        ("choose", {"group": "retrievers", "features": {"x": "a"}}, 400, "invalid_arguments"),
        ("choose", {}, 400, "invalid_arguments"),
        (
            "feedback",
            {"decision_id": NOBODYS, "success": True},
            404,
            "unknown_decision",
        ),
        ("feedback", {"decision_id": "x", "success": True}, 404, "unknown_decision"),
        ("feedback", {"decision_id": "x", "success": True, "latency_ms": -1}, 400, "invalid_arguments"),
        ("feedback", {"decision_id": "x"}, 400, "invalid_arguments"),
        ("feedback", {"decision_id": "x", "success": "yes"}, 400, "invalid_arguments"),
        ("choose", {"group": "retrievers", "features": {"x": 1e308}}, 400, "invalid_arguments"),
    ],
)
async def test_what_is_wrong_is_told_in_a_problem(api, path, body, status, code):
    answer = await api.post(f"/api/v1/selection/{path}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"


async def test_who_may_only_look_cannot_choose(api_as, api):
    assert (await api.get("/api/v1/selection/nobody")).status_code == 404
    assert (await api_as("").get("/api/v1/selection")).status_code == 401
