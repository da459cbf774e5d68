"""Who may look at health and metrics, and how a login is told from a forged request."""

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient

from tools.access import Client
from tools.errors import NotAuthorized

LOOKS = ["/healthz", "/metrics", "/health/tools", "/health/tools/double", "/api/v1/openapi.json", "/api/v1/docs"]
EXECUTE = "/api/v1/tools/execute"
BODY = {"tool": "double", "payload": {"number": 1}}


class ClientAt(AsyncClient):
    """A client whose connection comes from *address*."""

    def __init__(self, address):
        super().__init__(raise_request_exception=False)
        self.address = address

    def _base_scope(self, **request):
        return {**super()._base_scope(**request), "client": [self.address, 50_000]}


@pytest.mark.parametrize("path", LOOKS)
async def test_looks_are_open_to_this_machine_and_to_no_other(executor, known_keys, transactional_db, path):
    assert (await ClientAt("127.0.0.1").get(path)).status_code == 200
    assert (await ClientAt("::1").get(path)).status_code == 200
    assert (await ClientAt("10.1.2.3").get(path)).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_a_request_through_a_proxy_does_not_come_from_this_machine(executor, known_keys, header):
    response = await ClientAt("127.0.0.1").get("/health/tools", headers={header: "127.0.0.1"})
    assert response.status_code == 401


async def test_any_key_may_look_from_anywhere(executor, known_keys):
    response = await ClientAt("10.1.2.3").get("/health/tools", headers={"Authorization": "Bearer sb_reader"})
    assert response.status_code == 200


async def test_execute_is_not_open_to_this_machine(executor, known_keys):
    response = await ClientAt("127.0.0.1").post(EXECUTE, BODY, content_type="application/json")
    assert response.status_code == 401


@pytest.mark.django_db(transaction=True)
async def test_a_login_needs_the_csrf_token_to_execute(executor, known_keys):
    client = AsyncClient(enforce_csrf_checks=True)
    await client.aforce_login(await User.objects.acreate(username="ana", is_staff=True))
    without = await client.post(EXECUTE, BODY, content_type="application/json")
    assert (without.status_code, without.json()["code"]) == (403, "csrf")
    client.cookies["csrftoken"] = token = "a" * 32
    allowed = await client.post(EXECUTE, BODY, content_type="application/json", headers={"X-CSRFToken": token})
    assert allowed.status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_a_login_without_staff_may_look_and_not_execute(executor, known_keys):
    client = AsyncClient()
    await client.aforce_login(await User.objects.acreate(username="ben"))
    assert (await client.get("/api/v1/tools")).status_code == 200
    refused = await client.post(EXECUTE, BODY, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")


async def test_refresh_takes_a_post_and_answers_the_report(executor, known_keys):
    assert (await ClientAt("127.0.0.1").get("/health/tools/refresh")).status_code == 405
    report = (await ClientAt("127.0.0.1").post("/health/tools/refresh")).json()
    assert set(report) == {"status", "total_tools", "healthy", "degraded", "unhealthy", "tools"}
    assert report["total_tools"] == 6


@pytest.mark.parametrize(
    ("claimed", "runs_as"),
    [("", "coach"), ("coach", "coach"), ("rag", "rag")],
)
def test_a_client_runs_as_its_default_role_or_as_one_it_may_claim(claimed, runs_as):
    assert Client(name="key", roles=frozenset({"rag"}), default_role="coach").role(claimed) == runs_as


def test_a_client_may_not_claim_another_role():
    with pytest.raises(NotAuthorized, match="'admin'"):
        Client(name="key", roles=frozenset({"rag"}), default_role="coach").role("admin")
