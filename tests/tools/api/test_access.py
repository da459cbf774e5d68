"""Who may look at health and metrics, and how a login is told from a forged request."""

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.errors import NotAuthorized
from tools.models import Scope
from tools.web.access import Client

ADDRESSES = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3"]
LOOKS = {
    "/metrics": {Scope.METRICS},
    "/health/tools": {Scope.READ, Scope.METRICS, Scope.EXECUTE, Scope.MANAGE},
    "/health/tools/double": {Scope.READ, Scope.METRICS, Scope.EXECUTE, Scope.MANAGE},
    "/api/v1/openapi.json": set(Scope),
    "/api/v1/docs": set(Scope),
}
EXECUTE = "/api/v1/tools/execute"
BODY = {"tool": "double", "payload": {"number": 1}}


class ClientAt(AsyncClient):
    """A client whose connection comes from *address*."""

    def __init__(self, address):
        super().__init__(raise_request_exception=False)
        self.address = address

    def _base_scope(self, **request):
        return {**super()._base_scope(**request), "client": [self.address, 50_000]}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("path", LOOKS)
async def test_no_address_is_an_identity(executor, known_keys, transactional_db, path, address):
    assert (await ClientAt(address).get(path)).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"])
async def test_no_header_makes_an_address_one(executor, known_keys, header):
    response = await ClientAt("127.0.0.1").get("/health/tools", headers={header: "127.0.0.1"})
    assert response.status_code == 401


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("path", LOOKS)
async def test_a_key_sees_what_its_scope_is_for(executor, transactional_db, no_edits, path, scope):
    key = KeyInfo("one", "sb_one", frozenset({scope}), frozenset(), None, "")
    with live.pinned(Snapshot(keys={digest("sb_one"): key})):
        answer = await ClientAt("10.1.2.3").get(path, headers={"Authorization": "Bearer sb_one"})
    assert answer.status_code == (200 if scope in LOOKS[path] else 403)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_whether_the_process_answers_is_told_to_anybody(executor, known_keys, address):
    answer = await ClientAt(address).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_execute_is_not_open_to_this_machine(executor, known_keys):
    response = await ClientAt("127.0.0.1").post(EXECUTE, BODY, content_type="application/json")
    assert response.status_code == 401


@pytest.mark.django_db(transaction=True)
async def test_a_login_needs_the_csrf_token_to_execute(executor, known_keys, person):
    client = AsyncClient(enforce_csrf_checks=True)
    await client.aforce_login(await sync_to_async(person)("ana", "tools.execute_tool"))
    without = await client.post(EXECUTE, BODY, content_type="application/json")
    assert (without.status_code, without.json()["code"]) == (403, "csrf")
    client.cookies["csrftoken"] = token = "a" * 32
    allowed = await client.post(EXECUTE, BODY, content_type="application/json", headers={"X-CSRFToken": token})
    assert allowed.status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_a_viewer_may_look_and_not_execute(executor, known_keys, person):
    client = AsyncClient()
    await client.aforce_login(await sync_to_async(person)("ben", "viewer"))
    assert (await client.get("/api/v1/tools")).status_code == 200
    refused = await client.post(EXECUTE, BODY, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_permission")


async def test_refresh_takes_a_post_and_answers_the_report(executor, known_keys):
    reader = {"Authorization": "Bearer sb_reader"}
    assert (await ClientAt("127.0.0.1").post("/health/tools/refresh")).status_code == 401
    assert (await ClientAt("127.0.0.1").get("/health/tools/refresh", headers=reader)).status_code == 405
    report = (await ClientAt("127.0.0.1").post("/health/tools/refresh", headers=reader)).json()
    assert set(report) == {"status", "total_tools", "healthy", "degraded", "unhealthy", "tools"}
    assert report["total_tools"] == 6


@pytest.mark.parametrize(
    ("claimed", "runs_as"),
    [("", "coach"), ("coach", "coach"), ("rag", "rag")],
)
def test_a_client_runs_as_its_default_role_or_as_one_it_may_claim(claimed, runs_as):
    assert Client(name="key", roles=frozenset({"rag"}), default_role="coach").role(claimed) == runs_as


def test_without_a_list_a_client_runs_as_itself_alone():
    own = Client(name="key", roles=frozenset(), default_role="coach")
    assert own.role("") == own.role("coach") == "coach"
    with pytest.raises(NotAuthorized, match="'rag'"):
        own.role("rag")
    assert Client(name="key", roles=None, default_role="coach").role("rag") == "rag"


def test_a_client_may_not_claim_another_role():
    with pytest.raises(NotAuthorized, match="'admin'"):
        Client(name="key", roles=frozenset({"rag"}), default_role="coach").role("admin")
