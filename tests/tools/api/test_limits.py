"""Limits over REST and in the admin: what a refusal says, and what is left of quotas."""

import os
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from tools.calls.call import LimitLeft, ToolResult
from tools.decisions import live
from tools.decisions.keys import create_key, digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.errors import InvalidArguments, RateLimited
from tools.models import ApiKey, Scope
from tools.running import runtime
from tools.web.rate_limits import scarcest

SOME = frozenset({Scope.EXECUTE})
QUOTED = {
    "sb_shop": KeyInfo("shop", "sb_shop", SOME, frozenset(), None, "coach", quota_day=2, quota_month=50),
    "sb_reader": KeyInfo("reader", "sb_read", frozenset({Scope.READ}), frozenset(), None, ""),
}


@pytest.fixture
def quoted(api_as):
    """Clients with keys of which one has quotas."""
    with live.pinned(Snapshot(keys={digest(plain): key for plain, key in QUOTED.items()})):
        yield api_as


async def test_a_refusal_says_which_limit_it_was_in_the_headers_of_the_draft(api):
    await api.execute("rarely")
    refused = await api.execute("rarely")
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Policy"] == '"rate";q=1;w=60'
    assert refused.headers["RateLimit"] == '"rate";r=0;t=60'
    assert refused.headers["Retry-After"] == "60"


def said(response):
    return response.headers.get("RateLimit-Policy"), response.headers.get("RateLimit")


async def test_an_answer_says_what_is_left_of_a_rate(api):
    assert said(await api.execute("rarely")) == ('"rate";q=1;w=60', '"rate";r=0;t=60')


async def test_an_answer_says_what_is_left_of_each_quota(quoted, clock):
    midnight_s = 86_400 - clock() % 86_400
    for left in (1, 0):
        policy, limits = said(await quoted("sb_shop").execute("double", {"number": left}))
        assert policy == '"key_quota_day";q=2;w=86400, "key_quota_month";q=50'
        day, month = limits.split(", ")
        assert day == f'"key_quota_day";r={left};t={midnight_s:.0f}'
        assert month.startswith(f'"key_quota_month";r={48 + left};t=')


async def test_an_answer_that_costs_nothing_says_nothing_of_limits(quoted, api):
    assert said(await api.execute("double", {"number": 1})) == (None, None)  # no limit holds for it
    await quoted("sb_shop").execute("double", {"number": 4})
    await runtime.get_executor().flush()
    kept = await quoted("sb_shop").execute("double", {"number": 4})
    assert kept.json()["cached"] and said(kept) == (None, None)


PARALLEL, TEXT, STREAM = (f"/api/v1/tools/{kind}" for kind in ("execute_parallel", "execute_text", "stream"))
ONCE = '"rate";q=1;w=60'


async def asked(api, path, body):
    response = await api.post(path, body)
    assert response.status_code == 200
    if response.streaming:
        assert [part async for part in response.streaming_content]
    return response


def calls(*names):
    return {"calls": [{"tool": name, "payload": {"number": 1} if name == "double" else {}} for name in names]}


def written(*names):
    return {"text": "".join(f'<tool_call>{{"name": "{name}", "arguments": {{}}}}</tool_call>' for name in names)}


@pytest.mark.parametrize(
    ("path", "body", "first", "then"),
    [
        (PARALLEL, calls("rarely"), '"rate";r=0;t=60', '"rate";r=0;t=60'),
        (PARALLEL, calls("double", "rarely", "refuse"), '"rate";r=0;t=60', '"rate";r=0;t=60'),
        (TEXT, written("rarely"), '"rate";r=0;t=60', '"rate";r=0;t=60'),
        (STREAM, {"tool": "rarely"}, '"rate";r=0;t=60', '"rate";r=0;t=60'),
    ],
)
async def test_every_way_to_call_tells_what_is_left_and_what_is_used_up(api, path, body, first, then):
    assert said(await asked(api, path, body)) == (ONCE, first)
    assert said(await asked(api, path, body)) == (ONCE, then)  # refused


@pytest.mark.parametrize(
    ("path", "body"),
    [(PARALLEL, calls("double")), (TEXT, written("refuse")), (STREAM, {"tool": "slow"}), (STREAM, {"tool": "no"})],
)
async def test_what_no_limit_holds_for_says_nothing_of_any(api, path, body):
    assert said(await asked(api, path, body)) == (None, None)


async def test_calls_side_by_side_tell_each_limit_where_least_is_left(quoted):
    _, left = said(await quoted("sb_shop").post(PARALLEL, calls("double", "rarely")))
    told = dict(each.split(";")[:2] for each in left.split(", "))
    assert told == {'"key_quota_day"': "r=0", '"key_quota_month"': "r=48", '"rate"': "r=0"}


def test_of_two_limits_of_one_name_the_scarcer_is_told():
    many, few = LimitLeft("rate", 100, 60, 7, 56.0), LimitLeft("rate", 10, 60, 2, 48.0)
    quota = LimitLeft("key_quota_day", 50, 86_400, 9, 3_600.0)
    ran = [ToolResult(tool="a", tool_call_id="1", result=1, limits=limits) for limits in ((many, quota), (few,))]
    assert scarcest([*ran, InvalidArguments("no")]) == [few, quota]
    used_up = RateLimited("no", limit=("rate", 5, 1), retry_after_s=0.5)
    assert scarcest([used_up, *ran])[0] == LimitLeft("rate", 5, 1, 0, 0.5)
    assert scarcest([]) == []


async def test_a_key_over_its_quota_is_refused_until_midnight_of_utc(quoted, clock):
    for number in (1, 2):
        assert (await quoted("sb_shop").execute("refuse", {"why": str(number)})).status_code == 422
    refused = await quoted("sb_shop").execute("away")
    left_s = 86_400 - clock() % 86_400
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.json()["retry_after_s"] == left_s
    assert refused.headers["RateLimit-Policy"] == '"key_quota_day";q=2;w=86400'
    assert "the API key 'shop' is used up (2 a day)" in refused.json()["detail"]


async def test_a_kept_result_costs_nothing_of_the_quota(quoted):
    for _ in range(5):
        assert (await quoted("sb_shop").execute("double", {"number": 4})).status_code == 200
        await runtime.get_executor().flush()
    (limits,) = (await quoted("sb_shop").get("/api/v1/limits")).json()["limits"]
    assert limits["quotas"][0]["used"] == 1


async def test_a_key_sees_its_own_quotas(quoted, clock):
    await quoted("sb_shop").execute("refuse", {"why": "x"})
    answer = (await quoted("sb_shop").get("/api/v1/limits")).json()
    midnight = datetime.fromtimestamp((clock() // 86_400 + 1) * 86_400, UTC).isoformat()
    (limits,) = answer["limits"]
    assert limits["api_key"] == "shop"
    assert limits["quotas"][0] == {"period": "day", "limit": 2, "used": 1, "left": 1, "resets_at": midnight}
    assert (limits["quotas"][1]["period"], limits["quotas"][1]["left"]) == ("month", 49)


async def test_who_may_read_sees_the_quotas_of_all_keys(quoted):
    answer = (await quoted("sb_reader").get("/api/v1/limits")).json()
    assert [(limits["api_key"], len(limits["quotas"])) for limits in answer["limits"]] == [
        ("reader", 0),
        ("shop", 2),
    ]


@pytest.mark.django_db
def test_an_admin_sees_what_is_used_in_the_list_of_keys(executor, admin_client, monkeypatch):
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    create_key("shop")
    ApiKey.objects.filter(name="shop").update(quota_day=1200)
    with live.pinned(Snapshot(keys={"x": KeyInfo("shop", "sb_", quota_day=1200)})):
        executor.execute_sync(name="double", payload={"number": 3}, caller_role="coach", api_key_name="shop")
        page = admin_client.get(reverse("admin:tools_apikey_changelist")).content.decode()
    assert "1 of 1,200 today" in page
